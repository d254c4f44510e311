import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import type { Writer } from '../../ports/cluster.ts';
import type { CanaryGoal } from '../../release/desired.ts';
import type { Observation } from '../../release/observed.ts';
import { detachedReplicaSet, handoverPatch, isDetached } from '../../workload/handover.ts';
import type { ObservedDeployment, ObservedReplicaSet } from '../../workload/workload.ts';

/** Scales a ReplicaSet. */
async function scale(writer: Writer, canary: ObservedReplicaSet, replicas: number): Promise<void> {
  if (canary.replicas === replicas) return;
  const write: PatchOperation = { op: 'replace', path: '/spec/replicas', value: replicas };
  await writer.patch(canary.object, [ifUnchanged(canary.object), write]);
}

/** Its pods are removed first: otherwise the Service would still find them for a while. */
export async function removeCanary(writer: Writer, canary: ObservedReplicaSet): Promise<void> {
  if (canary.replicas > 0 || canary.pods > 0) await scale(writer, canary, 0);
  else await writer.remove(canary.object);
}

/** Brings the canary ReplicaSet to its goal. */
export async function commitCanary(
  writer: Writer,
  observation: Observation,
  goal: CanaryGoal,
): Promise<void> {
  const { canary, deployment, release } = observation;
  const detached = canary !== null && isDetached(canary, release) && !canary.deleting;
  switch (goal.kind) {
    case 'leave':
      return;
    case 'absent':
      if (detached) await removeCanary(writer, canary);
      return;
    case 'detached':
      if (detached) await scale(writer, canary, goal.replicas);
      else if (canary === null && deployment?.revision === release.spec.revision)
        await writer.create(detachedReplicaSet(release, deployment, goal.replicas));
      return;
    case 'handedOver':
      if (canary !== null && deployment !== null) await handOver(writer, observation, canary, deployment);
  }
}

/** An older ReplicaSet of the same template would be used instead of the canary, so it is removed first. */
async function handOver(
  writer: Writer,
  { twins }: Observation,
  canary: NonNullable<Observation['canary']>,
  deployment: ObservedDeployment,
): Promise<void> {
  for (const twin of twins) await writer.remove(twin.object);
  if (canary.ownerUid !== deployment.uid)
    await writer.patch(canary.object, handoverPatch(canary, deployment));
}
