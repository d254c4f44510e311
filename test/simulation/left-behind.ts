import type { KubeObject } from '../../src/api/meta.ts';
import { ownsFields } from '../../src/api/owned-fields.ts';
import { ASIDE_LABEL } from '../../src/release/rollout/set-aside.ts';
import { GATE, HOLD } from '../../src/workload/workload.ts';
import { NAMESPACE } from './fixtures.ts';
import { handsOf } from './other-hands.ts';
import type { World } from './world.ts';

const ours = ({ metadata }: KubeObject): boolean => metadata.ownerReferences?.[0]?.kind === 'Release';

/** An object, for a person. */
export const titleOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;

/** The user's routes, or what is beside them, of all namespaces. */
export function routing(world: World, which: 'routes' | 'beside'): KubeObject[] {
  return handsOf(world)[which].flatMap((kind) => world.cluster.all(kind));
}

/** What releases have left, although none is under way. */
export function leftBehind(world: World): string[] {
  const { cluster, releases, deployment } = world;
  const annotations = deployment?.metadata.annotations ?? {};
  const { paused } = (deployment?.['spec'] ?? {}) as { paused?: boolean };
  const gone = cluster.all('Rollout', NAMESPACE).length === 0;
  const isOurs = (object: KubeObject): boolean => handsOf(world).isOurs(object);
  const routes = routing(world, 'routes');
  return [
    ...cluster.all('ReplicaSet', NAMESPACE).filter(ours).map(titleOf),
    ...routing(world, 'beside').filter(isOurs).map(titleOf),
    ...(deployment === null ? [] : routes.filter(isOurs).map(titleOf)),
    ...releases.filter(({ metadata }) => (metadata.finalizers ?? []).length > 0).map(titleOf),
    ...cluster
      .all('ReplicaSet', NAMESPACE)
      .filter((set) => paused !== true && set.metadata.labels?.[ASIDE_LABEL] !== undefined)
      .map(titleOf),
    ...[...(deployment === null ? [] : [deployment]), ...routes]
      .filter((object) => ownsFields(object) && (deployment !== null || !isOurs(object)))
      .map((object) => `fields of ${titleOf(object)} that are ours`),
    ...(gone && annotations[GATE] !== undefined ? ['the gate'] : []),
    ...(paused !== true && annotations[HOLD] !== undefined ? ['the hold'] : []),
  ];
}
