import type { KubeObject } from '../../src/api/meta.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import type { Router } from '../../src/traffic/router.ts';
import type { Routers } from '../../src/traffic/routers.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';

/** A weighted destination, as the proxies take it. */
export interface Destination {
  readonly destination: { readonly host: string; readonly subset?: string };
  readonly weight?: number;
}

/** What the proxies would do by the objects that are written. */
export interface Written {
  readonly routes: readonly Destination[];
  /** Routes of further objects, by name. */
  readonly others: ReadonlyMap<string, readonly Destination[]>;
  /** Versions by the names that routes have for them. */
  readonly subsets: ReadonlyMap<string, string>;
}

/** How the traffic of a world is routed. */
export interface Routing {
  readonly routers: Routers<Router>;
  /** What the Rollout says of it. */
  readonly traffic: Readonly<Record<string, unknown>>;
  /** What the user wrote beside the Service, if anything; at the end it must be there again. */
  readonly object?: KubeObject;
  /** How the data plane reads what is written. */
  readonly read: (cluster: MemoryCluster) => Written;
}

const [NAME, NAMESPACE] = ['model', 'shop'];

/** What the user wrote; at the end it must be there again. */
export const ROUTES = { hosts: [NAME], http: [{ route: [{ destination: { host: NAME } }] }] };

function routeOf(virtualService: KubeObject): readonly Destination[] | undefined {
  const { http = [] } = (virtualService['spec'] ?? {}) as { http?: { route: Destination[] }[] };
  return http[0]?.route;
}

function subsetsOf(rules: readonly KubeObject[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const rule of rules) {
    const { subsets = [] } = rule['spec'] as {
      subsets?: { name: string; labels?: Record<string, string> }[];
    };
    for (const { name, labels } of subsets) found.set(name, labels?.['pod-template-hash'] ?? '');
  }
  return found;
}

/** A mesh of Istio. */
export const ISTIO_ROUTING: Routing = {
  routers: ROUTERS,
  traffic: { istio: { virtualService: NAME } },
  object: {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: ROUTES,
  },
  read: (cluster) => {
    const [first, ...more] = cluster.all('VirtualService');
    return {
      routes: (first === undefined ? undefined : routeOf(first)) ?? [{ destination: { host: NAME } }],
      others: new Map(more.map((one) => [one.metadata.name, routeOf(one) ?? []])),
      subsets: subsetsOf(cluster.all('DestinationRule')),
    };
  },
};

/** No mesh: all ready pods share the requests to the Service. */
export const SERVICE_ROUTING: Routing = {
  routers: ROUTERS,
  traffic: { service: {} },
  read: () => ({ routes: [{ destination: { host: NAME } }], others: new Map(), subsets: new Map() }),
};
