import type { KubeObject } from '../../api/meta.ts';
import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import { currentRelease, FINALIZER } from '../../release/rollout/new-release.ts';
import { GATE, type ObservedDeployment, type ObservedReplicaSet } from '../../workload/workload.ts';
import type { PassDeps } from '../pass-deps.ts';
import { releasesOf } from '../read/releases.ts';
import { deploymentOf, replicaSetsOf } from '../read/workloads.ts';
import { showOnWorkload } from './condition.ts';
import { giveBackAside } from './containment.ts';
import { disown } from './disown.ts';
import { ungateOperations } from './left-paused.ts';

/** What serves while the Deployment is held: the Rollout's record, else the only version with pods. */
function stableOf(
  deps: PassDeps,
  deployment: ObservedDeployment,
  rollout: KubeObject | null,
): ObservedReplicaSet | undefined {
  const namespace = deployment.object.metadata.namespace ?? '';
  const owned = replicaSetsOf(deps.store, namespace).filter((one) => one.ownerUid === deployment.uid);
  const status = rollout?.['status'] as { stable?: { podTemplateHash?: string } } | undefined;
  const known = owned.find((one) => one.hash === status?.stable?.podTemplateHash);
  const active = owned.filter((one) => one.replicas > 0 && !one.deleting);
  return known ?? (active.length === 1 ? active[0] : undefined);
}

/** Removes the gate of a Rollout from all its Deployments, except the one to keep. */
export async function ungateWorkloads(
  deps: PassDeps,
  namespace: string,
  rollout: { readonly name: string; readonly object: KubeObject | null; readonly keeps?: string },
  now: number,
): Promise<void> {
  for (const { metadata } of deps.store.list('Deployment', namespace)) {
    if (metadata.annotations?.[GATE] !== rollout.name || metadata.name === rollout.keeps) continue;
    const deployment = deploymentOf(deps.store, namespace, metadata.name);
    if (deployment === null || deployment.deleting) continue;
    const { object } = deployment;
    const operations = ungateOperations(deployment, stableOf(deps, deployment, rollout.object));
    if (!deployment.held || operations.some(({ path }) => path === '/spec/paused'))
      await giveBackAside(deps, deployment);
    const after = await deps.writer.patch(object, [ifUnchanged(object), ...operations]);
    await showOnWorkload(deps.writer, after, 'rollout', null, now);
    await disown(deps, namespace, { rollout: rollout.name, workload: metadata.name });
  }
}

/** Removes the finalizer of a Rollout, once nothing of it is left. */
export async function finishRollout({ writer }: PassDeps, rollout: KubeObject): Promise<void> {
  const index = rollout.metadata.finalizers?.indexOf(FINALIZER) ?? -1;
  if (index < 0) return;
  const remove: PatchOperation = { op: 'remove', path: `/metadata/finalizers/${index}` };
  await writer.patch(rollout, [ifUnchanged(rollout), remove]);
}

/** A Rollout with a new workload removes the gate from the old one, once no release is running. */
export async function ungateStrays(deps: PassDeps, rollout: KubeObject, now: number): Promise<void> {
  const { namespace = '', name, deletionTimestamp } = rollout.metadata;
  const { target } = (rollout['spec'] ?? {}) as { target?: { name?: unknown } };
  const { readable, unreadable } = releasesOf(deps, namespace, name);
  const busy = deletionTimestamp !== undefined || unreadable !== null || currentRelease(readable) !== null;
  if (busy || typeof target?.name !== 'string') return;
  await ungateWorkloads(deps, namespace, { name, object: rollout, keeps: target.name }, now);
}
