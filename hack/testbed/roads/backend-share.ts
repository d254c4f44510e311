import type { KubeObject } from '../../../src/api/meta.ts';
import { type Headers, hostFor, meets } from '../evidence/headers.ts';
import { hasLabels, isServing, type Moment, versionOf } from '../evidence/history.ts';
import { MODEL } from '../model.ts';
import type { Share } from './road.ts';

interface Backend {
  readonly kind?: string;
  readonly name: string;
  readonly weight?: number;
}

interface HeaderMatch {
  readonly type?: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

interface Rule {
  readonly matches?: readonly { readonly headers?: readonly HeaderMatch[] }[];
  readonly backendRefs?: readonly Backend[];
}

/** The conditions on headers that a rule has for requests with these headers; null if it does not take them. */
function conditionsMet({ matches = [{}] }: Rule, sent: Headers): number | null {
  const met = matches
    .map(({ headers = [] }) => headers)
    .filter((all) =>
      all.every(({ type, name, value }) =>
        meets(sent, name, type === 'RegularExpression' ? { regex: value } : { exact: value }),
      ),
    );
  return met.length === 0 ? null : Math.max(...met.map(({ length }) => length));
}

/** The rule that takes requests with these headers: of those that do, the first with the most conditions on headers. */
function ruleFor(rules: readonly Rule[], sent: Headers): Rule | undefined {
  const taking = rules.flatMap((rule) => {
    const count = conditionsMet(rule, sent);
    return count === null ? [] : [{ rule, count }];
  });
  return taking.toSorted((a, b) => b.count - a.count)[0]?.rule;
}

type Labels = Readonly<Record<string, string>>;

/** The pods behind a backend, by its selector. */
function podsOf(moment: Moment, { kind = 'Service', name }: Backend): KubeObject[] {
  const isKnown = kind === 'Service' || kind === 'InferencePool';
  const found = isKnown ? moment.list(kind).find(({ metadata }) => metadata.name === name) : undefined;
  const { selector: given } = (found?.['spec'] ?? {}) as { selector?: Labels & { matchLabels?: Labels } };
  const selector: Labels | undefined = kind === 'InferencePool' ? given?.matchLabels : given;
  return selector === undefined ? [] : moment.list('Pod').filter((pod) => hasLabels(pod, selector));
}

const shareOf = (pods: readonly KubeObject[], version: string): number =>
  pods.filter((pod) => versionOf(pod) === version).length / Math.max(1, pods.length);

interface RouteSpec {
  readonly hostnames?: readonly string[];
  readonly rules?: readonly Rule[];
}

/** The rules of the routes for the host of requests with these headers. */
function rulesFor(routes: readonly KubeObject[], headers: Headers): readonly Rule[] {
  const specs = routes.map(({ metadata, spec }) => ({ name: metadata.name, ...(spec as RouteSpec) }));
  const [host = ''] = specs.find(({ name }) => name === MODEL)?.hostnames ?? [];
  const wanted = hostFor(host, headers);
  return specs.flatMap(({ hostnames = [wanted], rules = [] }) => (hostnames.includes(wanted) ? rules : []));
}

/**
 * What the routes of a kind, whose rules differ in headers alone, gives to a version of the requests with these headers:
 * its part of each backend's pods, by the weights of the backends. Behind the user's own Service the ready pods share;
 * behind another one the pods are of one version.
 */
export function backendShare(
  moment: Moment,
  kind: 'HTTPRoute' | 'GRPCRoute',
  version: string,
  headers: Headers,
): Share {
  const named = ruleFor(rulesFor(moment.list(kind), headers), headers)?.backendRefs ?? [];
  // What gets nothing stays in a route beside the user's Service.
  const backends = named.filter(({ weight = 1 }) => weight > 0);
  const total = backends.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const parts = backends.map((backend) => {
    const pods = podsOf(moment, backend);
    const of = backend.name === MODEL ? pods.filter(isServing) : pods;
    return (backend.weight ?? 1) * shareOf(of, version);
  });
  const percent = (parts.reduce((sum, part) => sum + part, 0) / Math.max(1, total)) * 100;
  // A version's own Service may be named without a weight before and after the split.
  const isWhole = backends.every(({ name, weight = 1 }) => name === MODEL || weight === 0);
  return { percent, by: isWhole ? 'pods' : 'weight' };
}
