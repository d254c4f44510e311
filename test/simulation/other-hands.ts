import type { KubeObject } from '../../src/api/meta.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import { ROUTES } from './routing.ts';
import type { World } from './world.ts';

interface Route {
  name?: string;
  route: unknown[];
}

const RULE = `${NAME}-sluice`;
const specOf = (object: KubeObject): { http: Route[] } => object['spec'] as { http: Route[] };

function editRoutes(world: World, change: (http: Route[]) => void): void {
  world.cluster.update('VirtualService', NAMESPACE, NAME, (draft) => change(specOf(draft).http));
}

/** Somebody gives the first route another name. */
export function renameRoute(world: World): void {
  editRoutes(world, ([first]) => {
    if (first !== undefined) first.name = 'renamed';
  });
}

/** Somebody applies the VirtualService as it is in Git. */
export function applyRoutes(world: World): void {
  world.cluster.update('VirtualService', NAMESPACE, NAME, (draft) => {
    draft['spec'] = structuredClone(ROUTES);
  });
}

const half = (subset: string): object => ({ destination: { host: NAME, subset }, weight: 50 });

/** A route as it is in the middle of a release, as a backup or an exported object has it. */
export function applyStaleSplit(world: World): void {
  editRoutes(world, ([first]) => {
    if (first !== undefined) first.route = [half('sluice-stable'), half('sluice-canary')];
  });
}

/** Somebody takes our labels off our DestinationRule, or puts those of another Rollout there. */
export function relabelRule(world: World, labels: Record<string, string>): void {
  if (world.cluster.get('DestinationRule', NAMESPACE, RULE) === null) return;
  world.cluster.update('DestinationRule', NAMESPACE, RULE, ({ metadata }) => {
    metadata.labels = labels;
  });
}

/** Somebody puts a DestinationRule of their own in the place of ours. */
export function replaceRule(world: World): void {
  if (world.cluster.get('DestinationRule', NAMESPACE, RULE) === null) return;
  world.cluster.delete('DestinationRule', NAMESPACE, RULE);
  world.cluster.create({
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: RULE, namespace: NAMESPACE },
    spec: { host: NAME, trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } },
  });
}

/** Somebody adds a DestinationRule of the host that some proxies see in place of ours. */
export function hideSubsets(world: World): void {
  if (world.cluster.get('DestinationRule', NAMESPACE, 'late') !== null) return;
  world.cluster.create({
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'late', namespace: NAMESPACE },
    spec: { host: NAME, workloadSelector: { matchLabels: { team: 'other' } } },
  });
}
