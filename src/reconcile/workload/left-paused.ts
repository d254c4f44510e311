import type { KubeObject } from '../../api/meta.ts';
import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import { LEFT_PAUSED, leftGoal, leftProblem } from '../../release/rollout/left.ts';
import {
  GATE,
  HOLD,
  LEFT_MARK,
  type ObservedDeployment,
  type ObservedReplicaSet,
} from '../../workload/workload.ts';
import type { PassDeps } from '../pass-deps.ts';
import { deploymentOf } from '../read/workloads.ts';
import { dropAnnotations, resumeOperations, setAnnotation } from '../write/hold.ts';
import { showOnWorkload, sourceOf, workloadCondition } from './condition.ts';
import { giveBackAside } from './containment.ts';
import { disown } from './disown.ts';

/**
 * Operations that remove the gate. A Deployment held on its stable template is resumed; if held on another, it stays
 * paused, with a mark that the pause is Sluice's, so that nobody mistakes it for its owner's.
 */
export function ungateOperations(
  deployment: ObservedDeployment,
  stable: ObservedReplicaSet | undefined,
): PatchOperation[] {
  const { object, held, revision } = deployment;
  if (!held) return dropAnnotations(object, GATE, HOLD);
  if (stable?.revision === revision)
    return [...dropAnnotations(object, GATE), ...resumeOperations(deployment)];
  return [
    ...dropAnnotations(object, GATE, HOLD),
    ...setAnnotation(object, LEFT_MARK, stable?.revision ?? ''),
  ];
}

/** Operations that add the gate. A pause that Sluice left becomes a hold again. */
export function gateOperations(
  { object, left, paused }: ObservedDeployment,
  rollout: string,
): PatchOperation[] {
  const put = setAnnotation(object, GATE, rollout);
  if (left === undefined) return put;
  const hold = paused ? setAnnotation(object, HOLD, 'newer-template') : [];
  return [...put, ...dropAnnotations(object, LEFT_MARK), ...hold];
}

/**
 * Handles a Deployment that lost its Rollout while it was held: resumes it, or reports why not, once for each version.
 */
export async function passLeft(deps: PassDeps, object: KubeObject, now: number): Promise<void> {
  const { namespace = '', name } = object.metadata;
  const deployment = deploymentOf(deps.store, namespace, name);
  const goal = deployment === null ? 'none' : leftGoal(deployment);
  if (deployment === null || goal === 'none') {
    await untell(deps, deployment, now);
    return disown(deps, namespace, { workload: name });
  }
  if (goal === 'tell') return tell(deps, deployment, now);
  await giveBackAside(deps, deployment);
  const resume = goal === 'resume' ? resumeOperations(deployment) : [];
  const operations = [...dropAnnotations(object, LEFT_MARK), ...resume];
  const after = await deps.writer.patch(object, [ifUnchanged(object), ...operations]);
  await showOnWorkload(deps.writer, after, 'rollout', null, now);
  await disown(deps, namespace, { workload: name });
}

async function tell(
  { events, writer }: PassDeps,
  deployment: ObservedDeployment,
  now: number,
): Promise<void> {
  const { object } = deployment;
  const problem = leftProblem(deployment);
  const shown = workloadCondition(object);
  // Mistakes in its annotations are shown first, and mention this as well.
  const isTaken = shown !== undefined && sourceOf(shown.reason) === 'annotations';
  if (problem === null || isTaken || shown?.message === problem.message) return;
  await showOnWorkload(writer, object, 'rollout', problem, now);
  events.record(object, 'Warning', problem.reason, problem.message);
}

/**
 * Removes the report if the pass that ended the pause could not: the Deployment controller writes at that time as well.
 */
async function untell(
  { writer }: PassDeps,
  deployment: ObservedDeployment | null,
  now: number,
): Promise<void> {
  if (deployment === null || deployment.gate !== undefined) return;
  if (workloadCondition(deployment.object)?.reason !== LEFT_PAUSED) return;
  await showOnWorkload(writer, deployment.object, 'rollout', null, now);
}
