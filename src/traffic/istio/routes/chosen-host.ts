import type { KubeObject } from '../../../api/meta.ts';
import type { HttpMatch } from '../../../api/rollout/match.ts';
import { type CrossedMatches, crossed, escaped, headersOf } from '../../chosen/crossed.ts';
import type { RouteAsks } from '../../context.ts';
import { asObject, asObjects, type Json } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { isHalfHostOf, isHostOf } from '../hosts/host.ts';
import type { View } from '../hosts/view.ts';
import { type HttpRoute, httpRules } from '../objects.ts';

/** The header that has the host of a request, as Envoy calls it. A VirtualService has a field of its own for it. */
const AUTHORITY = ':authority';

/** The hosts that a VirtualService is for; a delegate has none of its own. */
function hostsOf({ spec }: KubeObject): readonly string[] {
  const { hosts } = asObject(spec);
  return Array.isArray(hosts) ? hosts.map((one) => String(one).toLowerCase()) : [];
}

const covers = (pattern: string, host: string): boolean =>
  pattern === '*' || pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));

/** Whether requests for a host can come by a VirtualService, as far as its own fields say. */
function isFor(virtualService: KubeObject, host: string): boolean {
  const hosts = hostsOf(virtualService);
  return hosts.length === 0 || hosts.some((one) => covers(one, host));
}

/** An expression for a host with any port; a name without dots is also that of a Service, which callers may complete. */
function patternOf(host: string, { metadata }: KubeObject): string {
  const { namespace = '' } = metadata;
  const rest = host.includes('.') ? '' : String.raw`(?:\.${escaped(namespace)}(?:\.svc(?:\.[a-z0-9.-]+)?)?)?`;
  return `(?i)${escaped(host)}${rest}(?::[0-9]+)?`;
}

function lowered({ authority, ...match }: Json): Json {
  return authority === undefined
    ? match
    : { ...match, headers: { ...asObject(match['headers']), [AUTHORITY]: authority } };
}

function raised({ headers, ...match }: Json): Json {
  const { [AUTHORITY]: authority, ...rest } = asObject(headers);
  return {
    ...match,
    ...(authority === undefined ? {} : { authority }),
    ...(Object.keys(rest).length === 0 ? {} : { headers: rest }),
  };
}

/** The matches of a rule of ours before a route, for requests that meet one of its own and one of the entries. */
export function matchesBefore(
  { virtualService, position }: Pick<HttpRoute, 'virtualService' | 'position'>,
  entries: readonly HttpMatch[],
): CrossedMatches {
  const theirs = asObjects(asObject(httpRules(virtualService)[position])['match']);
  const here = entries.filter(({ host }) => host === undefined || isFor(virtualService, host));
  const conditions = here.map((entry) => ({
    ...headersOf(entry),
    ...(entry.host === undefined ? {} : { [AUTHORITY]: { regex: patternOf(entry.host, virtualService) } }),
  }));
  const { matches, conflict } = crossed(theirs.map(lowered), conditions);
  return { matches: matches.map(raised), conflict: conflict === AUTHORITY ? 'host (authority)' : conflict };
}

function named(view: View, host: string): string | undefined {
  return view.hosts.find(
    ({ service }) => isHostOf(host, service.namespace, service) || isHalfHostOf(host, service),
  )?.service.name;
}

function problemOf(view: View, shifted: readonly HttpRoute[], host: string): string | null {
  const service = named(view, host);
  if (service !== undefined)
    return `is the name of Service ${service}, by which everybody calls it: choose another host`;
  const takers = shifted.filter((route) => matchesBefore(route, [{ host }]).matches.length > 0);
  const objects = [...new Set(shifted.map(({ virtualService }) => virtualService))];
  const list = objects
    .map((one) => `VirtualService ${one.metadata.name} is for ${hostsOf(one).join(', ')}`)
    .join('; ');
  if (takers.length === 0)
    return `no http route that is shifted is for it (${list}): add it to spec.hosts of one, and to servers[].hosts of its Gateway`;
  const isAlone = objects.every(
    (one) => hostsOf(one).length > 0 && hostsOf(one).every((has) => has === host),
  );
  return isAlone
    ? `the http routes that are shifted have no other host, so that everybody would get the new version (${list}): add the host of the others to spec.hosts, or choose another one here`
    : null;
}

/** Why requests for the hosts of a policy cannot be chosen in the routes that are shifted, or null. */
export function hostProblem(
  view: View,
  shifted: readonly HttpRoute[],
  { match, hostField = 'match[].host' }: Pick<RouteAsks, 'match' | 'hostField'>,
): Problem | null {
  for (const host of new Set(match.flatMap((one) => one.host ?? []))) {
    const found = problemOf(view, shifted, host);
    if (found !== null) return { reason: 'RouteTakesNoHost', message: `${hostField} ${host}: ${found}` };
  }
  return null;
}
