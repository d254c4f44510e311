import type { KubeObject } from '../../../api/meta.ts';
import type { HttpMatch } from '../../../api/rollout/match.ts';
import type { RouteAsks } from '../../context.ts';
import { asObject } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { parentRefs, parentTitle } from '../parents.ts';
import { FIELD } from '../spec.ts';
import { type Rule, routeTitle } from './rule.ts';
import { isToWorkload, type View } from './view.ts';

const titles = (routes: readonly KubeObject[]): string => routes.map(routeTitle).join(', ');

function hostnamesOf({ spec }: KubeObject): readonly string[] {
  const { hostnames } = asObject(spec);
  return Array.isArray(hostnames) ? hostnames.map((one) => String(one).toLowerCase()) : [];
}

/** Whether a route is for requests of one host alone. */
function isOnlyFor(route: KubeObject, host: string): boolean {
  const hostnames = hostnamesOf(route);
  return hostnames.length > 0 && hostnames.every((one) => one === host);
}

/** The requests of a rule that entries choose. */
export interface ChosenOf {
  /** All of them: its route is for the host of an entry that has no other condition. */
  readonly isWhole: boolean;
  /** The other conditions of the entries that are for this route. */
  readonly entries: readonly HttpMatch[];
}

/**
 * What entries choose in the rules of a route. A rule of the Gateway API cannot choose by the host, and a route can: so
 * an entry with a host is for the routes of that host alone.
 */
export function chosenIn(route: KubeObject, match: readonly HttpMatch[]): ChosenOf {
  const here = match.filter(({ host }) => host === undefined || isOnlyFor(route, host));
  const entries = here.map(({ host: _host, ...rest }) => rest);
  const isWhole = entries.some(
    ({ headers = {}, cookies = {} }) => Object.keys({ ...headers, ...cookies }).length === 0,
  );
  return { isWhole, entries: isWhole ? [] : entries };
}

/** Why no route that is shifted is for a host. */
function missing(view: View, shifted: readonly KubeObject[], host: string): string {
  const beside = shifted.find((route) => hostnamesOf(route).includes(host));
  if (beside !== undefined)
    return `${routeTitle(beside)} has it beside other hostnames, and no rule of the Gateway API can choose by the host: move it into a route of its own with the same rules (spec.hostnames: [${host}])`;
  const unnamed = view.rules.find((rule) => isToWorkload(view, rule) && isOnlyFor(rule.route, host));
  if (unnamed !== undefined)
    return `${routeTitle(unnamed.route)} is for it and is not shifted: add it to ${FIELD}.${unnamed.kind === 'HTTPRoute' ? 'httpRoutes' : 'grpcRoutes'}, and its rules to ${FIELD}.rules where that is given`;
  return `no route to the workload is for it alone: add one beside ${titles(shifted)} with the same parent and rules (spec.hostnames: [${host}])`;
}

function problemOf(view: View, shifted: readonly KubeObject[], host: string): string | null {
  const own = shifted.filter((route) => isOnlyFor(route, host));
  if (own.length === 0) return missing(view, shifted, host);
  const [mixed] = shifted.filter((route) => !own.includes(route) && hostnamesOf(route).includes(host));
  if (mixed !== undefined)
    return `${routeTitle(mixed)} is for it, too, beside other hostnames: take it out there (spec.hostnames)`;
  for (const route of own) {
    const inMesh = parentRefs(route).find(({ kind = 'Gateway' }) => kind === 'Service');
    if (inMesh !== undefined)
      return `${routeTitle(route)} has ${parentTitle(route, inMesh)} as a parent, for whose callers hostnames do not count, so that all of them would get the new version: take that parent out of it (spec.parentRefs)`;
  }
  return own.length === shifted.length
    ? `all routes that are shifted (${titles(own)}) are for it alone, so that everybody would get the new version: choose another host, or name the route of the others in ${FIELD}.httpRoutes`
    : null;
}

/** Why requests for the hosts of a policy cannot be chosen in the routes of rules that are shifted, or null. */
export function hostProblem(
  view: View,
  shifted: readonly Rule[],
  { match, hostField = 'match[].host' }: Pick<RouteAsks, 'match' | 'hostField'>,
): Problem | null {
  const routes = [...new Set(shifted.map(({ route }) => route))];
  for (const host of new Set(match.flatMap((one) => one.host ?? []))) {
    const found = problemOf(view, routes, host);
    if (found !== null) return { reason: 'RouteTakesNoHost', message: `${hostField} ${host}: ${found}` };
  }
  return null;
}
