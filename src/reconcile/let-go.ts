import { ifUnchanged, type PatchOperation } from '../api/json-patch.ts';
import type { KubeObject } from '../api/meta.ts';
import { currentRelease, FINALIZER } from '../release/start.ts';
import { type DeploymentSeen, GATE, HOLD } from '../release/workload.ts';
import { dropAnnotations, resumeOperations } from './commit.ts';
import { seeDeployment, seeReplicaSets } from './observe.ts';
import type { PassDeps } from './release-pass.ts';
import { releasesOf } from './releases.ts';
import { showOnWorkload } from './workload-condition.ts';

/** Operations that take the gate off. A Deployment that is held on its own stable template goes on. */
function ungate(deps: PassDeps, deployment: DeploymentSeen, rollout: KubeObject | null): PatchOperation[] {
  const { object } = deployment;
  const namespace = object.metadata.namespace ?? '';
  const owned = seeReplicaSets(deps.store, namespace).filter((one) => one.ownerUid === deployment.uid);
  const status = rollout?.['status'] as { stable?: { podTemplateHash?: string } } | undefined;
  const hash = status?.stable?.podTemplateHash;
  const active = owned.filter((one) => one.replicas > 0 && !one.deleting);
  const stable = active.length === 1 ? active[0] : owned.find((one) => one.hash === hash);
  const drop = dropAnnotations(object, GATE, HOLD);
  if (!deployment.held || stable?.revision !== deployment.revision) return drop;
  return [...dropAnnotations(object, GATE), ...resumeOperations(deployment)];
}

/** Lets the Deployments go that are under the gate of a Rollout, but for the one that it is to keep. */
export async function letWorkloadsGo(
  deps: PassDeps,
  namespace: string,
  rollout: { readonly name: string; readonly object: KubeObject | null; readonly keeps?: string },
  now: number,
): Promise<void> {
  for (const { metadata } of deps.store.list('Deployment', namespace)) {
    if (metadata.annotations?.[GATE] !== rollout.name || metadata.name === rollout.keeps) continue;
    const deployment = seeDeployment(deps.store, namespace, metadata.name);
    if (deployment === null || deployment.deleting) continue;
    const { object } = deployment;
    const operations = ungate(deps, deployment, rollout.object);
    const after = await deps.writer.patch(object, [ifUnchanged(object), ...operations]);
    await showOnWorkload(deps.writer, after, 'rollout', null, now);
    if (!deployment.held || operations.some(({ path }) => path === '/spec/paused')) continue;
    const how = `kubectl rollout resume deployment/${deployment.name}`;
    const note = `Rollout ${rollout.name} does not gate it any more; the Deployment is left paused on stable with its newer template. To let it through: ${how}`;
    deps.events.record(object, 'Warning', 'LetGo', note);
  }
}

/** Lets a Rollout go itself, once nothing of it is left. */
export async function letRolloutGo({ writer }: PassDeps, rollout: KubeObject): Promise<void> {
  const index = rollout.metadata.finalizers?.indexOf(FINALIZER) ?? -1;
  if (index < 0) return;
  const remove: PatchOperation = { op: 'remove', path: `/metadata/finalizers/${index}` };
  await writer.patch(rollout, [ifUnchanged(rollout), remove]);
}

/** A Rollout that was given another workload lets the one before it go, once no release is under way. */
export async function letStraysGo(deps: PassDeps, rollout: KubeObject, now: number): Promise<void> {
  const { namespace = '', name, deletionTimestamp } = rollout.metadata;
  const { target } = (rollout['spec'] ?? {}) as { target?: { name?: unknown } };
  const { readable, unreadable } = releasesOf(deps.store, namespace, name);
  const busy = deletionTimestamp !== undefined || unreadable !== null || currentRelease(readable) !== null;
  if (busy || typeof target?.name !== 'string') return;
  await letWorkloadsGo(deps, namespace, { name, object: rollout, keeps: target.name }, now);
}
