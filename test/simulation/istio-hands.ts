import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../src/api/meta.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import { type Hands, TOOL } from './hands.ts';

const [NAME, NAMESPACE, CLIENTS] = ['model', 'shop', 'clients'];
const RULE = `${NAME}-sluice`;

/** A host that only testers use. */
export const TEST_HOST = 'preview.example';

/** What the user wrote; at the end it must be there again. */
export const ROUTES = { hosts: [NAME, TEST_HOST], http: [{ route: [{ destination: { host: NAME } }] }] };

interface Route {
  name?: string;
  route: { weight?: number }[];
}

function edit(cluster: MemoryCluster, change: (http: Route[], object: KubeObject) => void): void {
  cluster.update('VirtualService', NAMESPACE, NAME, (draft) =>
    change((draft['spec'] as { http: Route[] }).http, draft),
  );
}

function create(
  cluster: MemoryCluster,
  kind: string,
  name: string,
  spec: object,
  namespace = NAMESPACE,
): void {
  if (cluster.get(kind, namespace, name) !== null) return;
  cluster.create({ apiVersion: 'networking.istio.io/v1', kind, metadata: { name, namespace }, spec });
}

const half = (subset: string): object => ({ destination: { host: NAME, subset }, weight: 50 });

/** The HTTP routes of another VirtualService to the pods. */
export function secondVirtualService(name: string, host = NAME): object {
  return { hosts: [name], http: [{ route: [{ destination: { host }, weight: 100 }] }] };
}

/** What others do to VirtualServices and DestinationRules. */
export const ISTIO_HANDS: Hands = {
  routes: ['VirtualService'],
  beside: ['DestinationRule'],
  isOurs: ({ spec }) => JSON.stringify(spec).includes('sluice-'),
  applyGit: (cluster) => {
    const there = cluster.get('VirtualService', NAMESPACE, NAME);
    if (there === null || isDeepStrictEqual(there['spec'], ROUTES)) return;
    edit(cluster, (_http, draft) => {
      draft['spec'] = structuredClone(ROUTES);
      draft.metadata.managedFields = [{ manager: TOOL, operation: 'Apply', routes: true }];
    });
  },
  applyRoutes: (cluster) =>
    edit(cluster, (_http, draft) => {
      draft['spec'] = structuredClone(ROUTES);
    }),
  editWeights: (cluster) =>
    edit(cluster, ([route]) => {
      const [first, second] = route?.route ?? [];
      if (first === undefined || second === undefined) return;
      first.weight = 40;
      second.weight = 60;
    }),
  renameRoute: (cluster) =>
    edit(cluster, ([first]) => {
      if (first !== undefined) first.name = 'renamed';
    }),
  applyStaleSplit: (cluster) =>
    edit(cluster, ([first]) => {
      if (first !== undefined) first.route = [half('sluice-stable'), half('sluice-canary')];
    }),
  relabel: (cluster, labels) => {
    if (cluster.get('DestinationRule', NAMESPACE, RULE) === null) return;
    cluster.update('DestinationRule', NAMESPACE, RULE, ({ metadata }) => {
      metadata.labels = labels;
    });
  },
  replace: (cluster) => {
    if (cluster.get('DestinationRule', NAMESPACE, RULE) === null) return;
    cluster.delete('DestinationRule', NAMESPACE, RULE);
    create(cluster, 'DestinationRule', RULE, {
      host: NAME,
      trafficPolicy: { loadBalancer: { simple: 'RANDOM' } },
    });
  },
  // Some proxies see it in place of ours.
  hide: (cluster) =>
    create(cluster, 'DestinationRule', 'late', {
      host: NAME,
      workloadSelector: { matchLabels: { team: 'other' } },
    }),
  addRoute: (cluster, name, service) =>
    create(cluster, 'VirtualService', name, secondVirtualService(name, service)),
  removeRoute: (cluster, name) => {
    if (cluster.get('VirtualService', NAMESPACE, name) !== null)
      cluster.delete('VirtualService', NAMESPACE, name);
  },
  addClientRule: (cluster) =>
    create(cluster, 'DestinationRule', 'model', { host: `${NAME}.${NAMESPACE}.svc.cluster.local` }, CLIENTS),
  removeClientRule: (cluster) => {
    if (cluster.get('DestinationRule', CLIENTS, 'model') !== null)
      cluster.delete('DestinationRule', CLIENTS, 'model');
  },
};
