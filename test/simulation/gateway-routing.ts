import type { KubeObject } from '../../src/api/meta.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import { answer } from '../conformance/gateway-world.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import { GATEWAY_HANDS, GATEWAY_ROUTES, routeTo } from './gateway-hands.ts';
import { type Destination, ON_TEST_HOST, type Routing, TESTERS, type Written } from './routing.ts';

/** How a controller of Gateways behaves. */
export interface GatewayController {
  /** Time until it has taken a change of a route, milliseconds: then it says so, and proxies begin to learn of it. */
  readonly lagMs: number;
  /** What it says: the generation that it has taken, or, as Linkerd does, none. */
  readonly says: 'generation' | 'nothing';
  /** The user has a route for the host of testers beside that of everybody. */
  readonly hasHost?: boolean;
}

interface Taken {
  readonly generation: number;
  readonly route: KubeObject;
}

interface Ref {
  readonly name: string;
  readonly weight?: number;
}

interface Rule {
  readonly backendRefs: readonly Ref[];
  readonly matches?: readonly { readonly headers?: readonly { readonly name: string }[] }[];
  readonly filters?: readonly {
    readonly requestMirror?: { readonly backendRef: Ref; readonly percent?: number };
  }[];
}

const [NAME, NAMESPACE] = ['model', 'shop'];
const OURS = /-sluice-/;
/** A route for the host that only testers use. */
const ON_HOST = `${NAME}-preview`;
const { spec: ROUTED } = routeTo(ON_HOST);
const TEST_ROUTE: KubeObject = {
  ...routeTo(ON_HOST),
  spec: { ...(ROUTED as object), hostnames: [ON_TEST_HOST.host] },
};
/** What the data plane can do without saying so. */
const FEATURES = [
  'HTTPRouteRequestMirror',
  'HTTPRouteRequestPercentageMirror',
  'HTTPRouteResponseHeaderModification',
  'HTTPRouteBackendRequestHeaderModification',
];

function rulesOf(route: KubeObject | undefined): readonly Rule[] {
  return ((route?.['spec'] ?? {}) as { rules?: readonly Rule[] }).rules ?? [];
}

const isForTesters = ({ matches = [] }: Rule): boolean =>
  matches.some(({ headers = [] }) => headers.some(({ name }) => name in TESTERS.headers));

/** The rule for all requests. */
const plainRule = (route: KubeObject | undefined): Rule | undefined =>
  rulesOf(route).find(({ matches = [] }) => matches.every(({ headers = [] }) => headers.length === 0));

function destinationsOf(rule: Rule | undefined): Destination[] {
  // A backend of weight 0 gets no request, whether it exists or not.
  const used = (rule?.backendRefs ?? []).filter(({ weight }) => weight !== 0);
  return used.map(({ name, weight = 1 }) => ({
    destination: OURS.test(name) ? { host: NAME, subset: name } : { host: NAME },
    weight,
  }));
}

/** Weights as percent, as proxies of Istio have them. */
function inPercent(destinations: readonly Destination[]): Destination[] {
  const total = destinations.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return destinations.map((one) => ({ ...one, weight: ((one.weight ?? 1) * 100) / total }));
}

/** A rule with more conditions comes first, wherever it stands. */
function besideOf(route: KubeObject | undefined): Pick<Written, 'testers' | 'copies'> {
  const testers = rulesOf(route).find(isForTesters);
  const [mirror] = (plainRule(route)?.filters ?? []).flatMap(({ requestMirror }) => requestMirror ?? []);
  return {
    ...(testers === undefined ? {} : { testers: inPercent(destinationsOf(testers)) }),
    ...(mirror === undefined
      ? {}
      : { copies: { subset: mirror.backendRef.name, percent: mirror.percent ?? 100 } }),
  };
}

/** The versions that our Services select. */
function versionsOf(cluster: MemoryCluster): Map<string, string> {
  const services = cluster.all('Service', NAMESPACE).filter(({ metadata }) => OURS.test(metadata.name));
  return new Map(
    services.map(({ metadata, spec }) => {
      const { selector = {} } = spec as { selector?: Record<string, string> };
      return [metadata.name, selector['pod-template-hash'] ?? ''];
    }),
  );
}

/** A data plane of the Gateway API, with a controller that takes changes after a while and says so in the status. */
export function gatewayRouting({ lagMs, says, hasHost = false }: GatewayController): Routing {
  const taken = new Map<string, Taken>();
  const since = new Map<string, { readonly generation: number; readonly at: number }>();

  function take(cluster: MemoryCluster, route: KubeObject, now: number): void {
    const { name, generation = 0 } = route.metadata;
    const known = since.get(name);
    if (known?.generation !== generation) since.set(name, { generation, at: now });
    const at = since.get(name)?.at ?? now;
    if (taken.get(name)?.generation === generation || now < at + lagMs) return;
    taken.set(name, { generation, route });
    const [parentRef = {}] = GATEWAY_ROUTES.parentRefs;
    const more = says === 'generation' ? { observedGeneration: generation } : {};
    const parents = [answer(parentRef, { Accepted: 'True', ResolvedRefs: 'True' }, more)];
    cluster.update('HTTPRoute', NAMESPACE, name, (draft) => (draft['status'] = { parents }), 'status');
  }

  return {
    routers: ROUTERS,
    traffic: { gatewayAPI: { features: FEATURES } },
    chooses: true,
    object: { ...routeTo(NAME), spec: GATEWAY_ROUTES },
    ...(hasHost ? { hasHost, forTesters: TEST_ROUTE } : {}),
    hands: GATEWAY_HANDS,
    lagMs,
    tick: (cluster, now) => {
      const routes = cluster.all('HTTPRoute', NAMESPACE);
      const names = routes.map(({ metadata }) => metadata.name);
      for (const name of taken.keys()) if (!names.includes(name)) taken.delete(name);
      for (const route of routes) take(cluster, route, now);
    },
    read: (cluster): Written => {
      const known = (name: string): KubeObject | undefined =>
        lagMs === 0 ? (cluster.get('HTTPRoute', NAMESPACE, name) ?? undefined) : taken.get(name)?.route;
      const routeOf = (name: string): Destination[] => inPercent(destinationsOf(plainRule(known(name))));
      const others = [...taken.keys()].filter((name) => name !== NAME && name !== ON_HOST);
      const routes = routeOf(NAME);
      const testers = routeOf(ON_HOST);
      return {
        routes: routes.length === 0 ? [{ destination: { host: NAME } }] : routes,
        ...(testers.length === 0 ? {} : { testers }),
        ...besideOf(known(NAME)),
        others: new Map(others.map((name) => [name, routeOf(name)])),
        subsets: versionsOf(cluster),
      };
    },
  };
}
