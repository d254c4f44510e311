import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../src/api/meta.ts';
import { to } from '../conformance/gateway-world.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import { type Hands, TOOL } from './hands.ts';

const [NAME, NAMESPACE] = ['model', 'shop'];
const OURS = ['stable', 'canary'].map((version) => `${NAME}-sluice-${version}`);

interface Rule {
  name?: string;
  matches?: { headers?: unknown[] }[];
  backendRefs: Record<string, unknown>[];
}

interface Spec {
  rules: Rule[];
}

/** The rule that the user wrote. */
const plainRule = ({ rules }: Spec): Rule | undefined =>
  rules.find(({ matches = [] }) => matches.every(({ headers = [] }) => headers.length === 0));

/** What the user wrote; at the end it must be there again. */
export const GATEWAY_ROUTES = {
  parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' }],
  hostnames: [NAME],
  rules: [{ backendRefs: [to(NAME, 1)] }],
};

/** A route to a Service. */
export function routeTo(name: string, service = NAME): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: NAMESPACE },
    spec: { ...GATEWAY_ROUTES, hostnames: [name], rules: [{ backendRefs: [to(service, 1)] }] },
  };
}

function edit(cluster: MemoryCluster, change: (spec: Spec, route: KubeObject) => void): void {
  if (cluster.get('HTTPRoute', NAMESPACE, NAME) === null) return;
  cluster.update('HTTPRoute', NAMESPACE, NAME, (draft) => change(draft['spec'] as Spec, draft));
}

const ourServices = (cluster: MemoryCluster): string[] =>
  OURS.filter((name) => cluster.get('Service', NAMESPACE, name) !== null);

/** What others do to routes of the Gateway API and to our Services. */
export const GATEWAY_HANDS: Hands = {
  routes: ['HTTPRoute', 'GRPCRoute'],
  beside: ['Service'],
  isOurs: ({ kind, spec }) =>
    kind === 'Service'
      ? JSON.stringify(spec).includes('pod-template-hash')
      : JSON.stringify(spec).includes('-sluice-'),
  applyGit: (cluster) =>
    edit(cluster, (spec, draft) => {
      if (isDeepStrictEqual(spec, GATEWAY_ROUTES)) return;
      draft['spec'] = structuredClone(GATEWAY_ROUTES);
      draft.metadata.managedFields = [{ manager: TOOL, operation: 'Apply', routes: true }];
    }),
  applyRoutes: (cluster) =>
    edit(cluster, (_spec, draft) => {
      draft['spec'] = structuredClone(GATEWAY_ROUTES);
    }),
  editWeights: (cluster) =>
    edit(cluster, (spec) => {
      const [first, second] = plainRule(spec)?.backendRefs ?? [];
      if (first === undefined || second === undefined) return;
      first['weight'] = 40;
      second['weight'] = 60;
    }),
  renameRoute: (cluster) =>
    edit(cluster, (spec) => {
      const rule = plainRule(spec);
      if (rule !== undefined) rule.name = 'renamed';
    }),
  applyStaleSplit: (cluster) =>
    edit(cluster, (spec) => {
      const rule = plainRule(spec);
      if (rule !== undefined) rule.backendRefs = OURS.map((name) => to(name, 50));
    }),
  relabel: (cluster, labels) => {
    for (const name of ourServices(cluster))
      cluster.update('Service', NAMESPACE, name, ({ metadata }) => {
        metadata.labels = labels;
      });
  },
  replace: (cluster) => {
    const [name] = ourServices(cluster);
    if (name === undefined) return;
    cluster.delete('Service', NAMESPACE, name);
    const metadata = { name, namespace: NAMESPACE };
    cluster.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'theirs' } } });
  },
  hide: (cluster) =>
    edit(cluster, (spec) => {
      const rule = plainRule(spec);
      Object.assign(rule ?? {}, { sessionPersistence: { type: 'Cookie' } });
    }),
  addRoute: (cluster, name, service) => {
    if (cluster.get('HTTPRoute', NAMESPACE, name) === null) cluster.create(routeTo(name, service));
  },
  removeRoute: (cluster, name) => {
    if (cluster.get('HTTPRoute', NAMESPACE, name) !== null) cluster.delete('HTTPRoute', NAMESPACE, name);
  },
  // Clients follow no objects of theirs here.
  addClientRule: () => {},
  removeClientRule: () => {},
};
