import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../src/api/meta.ts';
import { PICKERS, pickerService, pool, toPool } from '../conformance/gateway-pools.ts';
import { answer } from '../conformance/gateway-world.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import { GATEWAY_HANDS, GATEWAY_ROUTES, routeTo } from './gateway-hands.ts';
import { type GatewayController, gatewayRouting } from './gateway-routing.ts';
import { type Hands, TOOL } from './hands.ts';
import type { Routing } from './routing.ts';

const [NAME, NAMESPACE] = ['model', 'shop'];
const OURS = ['stable', 'canary'].map((version) => `${NAME}-sluice-${version}`);

/** What the user wrote; at the end it must be there again. */
export const POOL_ROUTES = { ...GATEWAY_ROUTES, rules: [{ backendRefs: [toPool()] }] };

interface Spec {
  rules: { backendRefs: Record<string, unknown>[] }[];
}

/** What a hand wrote for Services, for InferencePools. */
function toPools(cluster: MemoryCluster): void {
  const route = cluster.get('HTTPRoute', NAMESPACE, NAME);
  const isOld = ({ kind, name }: Record<string, unknown>): boolean =>
    kind === 'Service' && [NAME, ...OURS].includes(String(name));
  const { rules = [] } = (route?.['spec'] ?? {}) as Partial<Spec>;
  if (!rules.some(({ backendRefs }) => backendRefs.some(isOld))) return;
  cluster.update('HTTPRoute', NAMESPACE, NAME, (draft) => {
    for (const rule of (draft['spec'] as Spec).rules)
      rule.backendRefs = rule.backendRefs.map((ref) =>
        isOld(ref) ? { ...toPool(String(ref['name']), Number(ref['weight'] ?? 1)) } : ref,
      );
  });
}

function apply(cluster: MemoryCluster, more: object = {}): void {
  const route = cluster.get('HTTPRoute', NAMESPACE, NAME);
  if (route === null || isDeepStrictEqual(route['spec'], POOL_ROUTES)) return;
  cluster.update('HTTPRoute', NAMESPACE, NAME, (draft) => {
    draft['spec'] = structuredClone(POOL_ROUTES);
    Object.assign(draft.metadata, more);
  });
}

const ourPools = (cluster: MemoryCluster): string[] =>
  OURS.filter((name) => cluster.get('InferencePool', NAMESPACE, name) !== null);

const HANDS: Hands = {
  ...GATEWAY_HANDS,
  beside: ['Service', 'InferencePool'],
  isOurs: (object) =>
    object.kind === 'InferencePool'
      ? JSON.stringify(object['spec']).includes('pod-template-hash')
      : GATEWAY_HANDS.isOurs(object),
  applyGit: (cluster) =>
    apply(cluster, { managedFields: [{ manager: TOOL, operation: 'Apply', routes: true }] }),
  applyRoutes: (cluster) => apply(cluster),
  applyStaleSplit: (cluster) => {
    GATEWAY_HANDS.applyStaleSplit(cluster);
    toPools(cluster);
  },
  relabel: (cluster, labels) => {
    for (const name of ourPools(cluster))
      cluster.update('InferencePool', NAMESPACE, name, ({ metadata }) => {
        metadata.labels = labels;
      });
  },
  replace: (cluster) => {
    const [name] = ourPools(cluster);
    if (name === undefined) return;
    cluster.delete('InferencePool', NAMESPACE, name);
    const theirs = pool(name, { selector: { matchLabels: { app: 'theirs' } } });
    cluster.create({ ...theirs, metadata: { name, namespace: NAMESPACE } });
  },
};

function versionsOf(cluster: MemoryCluster): [string, string][] {
  return cluster
    .all('InferencePool', NAMESPACE)
    .filter(({ metadata }) => OURS.includes(metadata.name))
    .map(({ metadata, spec }) => {
      const { matchLabels } = (spec as { selector: { matchLabels: Record<string, string> } }).selector;
      return [metadata.name, matchLabels['pod-template-hash'] ?? ''];
    });
}

/** The pool of the user and the Services of the pickers. */
function begin(cluster: MemoryCluster): void {
  const objects = [pool(NAME), pickerService(PICKERS.stable), pickerService(PICKERS.canary)];
  for (const { metadata, ...object } of objects) {
    const { name } = metadata;
    if (cluster.get(object.kind, NAMESPACE, name) !== null) continue;
    cluster.create({ ...object, metadata: { name, namespace: NAMESPACE } });
  }
}

/** The same data plane for routes to an InferencePool: its controller takes pools as late as routes, and says so. */
export function poolRouting(controller: GatewayController): Routing {
  const base = gatewayRouting(controller);
  const since = new Map<
    string,
    { readonly generation: number; readonly at: number; readonly said: boolean }
  >();
  const take = (cluster: MemoryCluster, one: KubeObject, now: number): void => {
    const { name, generation = 0 } = one.metadata;
    const known = since.get(name);
    const seen = known?.generation === generation ? known : { generation, at: now, said: false };
    since.set(name, seen);
    if (seen.said || now < seen.at + controller.lagMs) return;
    since.set(name, { ...seen, said: true });
    const [parentRef = {}] = GATEWAY_ROUTES.parentRefs;
    const parents = [
      answer(parentRef, { Accepted: 'True', ResolvedRefs: 'True' }, { observedGeneration: generation }),
    ];
    cluster.update('InferencePool', NAMESPACE, name, (draft) => (draft['status'] = { parents }), 'status');
  };
  return {
    ...base,
    traffic: { gatewayAPI: { pickers: PICKERS } },
    object: { ...routeTo(NAME), spec: POOL_ROUTES },
    hands: HANDS,
    tick: (cluster, now) => {
      begin(cluster);
      base.tick?.(cluster, now);
      const pools = cluster.all('InferencePool', NAMESPACE);
      const names = pools.map(({ metadata }) => metadata.name);
      for (const name of since.keys()) if (!names.includes(name)) since.delete(name);
      if (controller.says === 'generation') for (const one of pools) take(cluster, one, now);
    },
    read: (cluster) => {
      const written = base.read(cluster);
      return { ...written, subsets: new Map([...written.subsets, ...versionsOf(cluster)]) };
    },
  };
}
