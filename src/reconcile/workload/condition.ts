import type { Condition, KubeObject } from '../../api/meta.ts';
import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import type { Writer } from '../../ports/cluster.ts';
import { type Problem, reasonInfo } from '../../release/reasons/catalogue.ts';
import { withCondition } from '../../release/status/conditions.ts';

/** Condition on the Deployment itself, so that `kubectl describe deployment` shows problems. */
const CONDITION = 'SluiceReady';

type Status = { readonly conditions?: readonly Condition[] };

/** Owners of the condition: each clears only what it has set itself. */
export type Source = 'annotations' | 'rollout';

/** The owner of a condition with such a reason. */
export function sourceOf(reason: string): Source {
  return reasonInfo(reason).ofAnnotations === true ? 'annotations' : 'rollout';
}

/** The problem shown on the Deployment, if any. */
export function workloadCondition(deployment: KubeObject): Condition | undefined {
  const status = (deployment['status'] ?? {}) as Status;
  return status.conditions?.find((condition) => condition.type === CONDITION);
}

/** Whether the shown problem must change. */
function isNews(before: Condition | undefined, source: Source, problem: Problem | null): boolean {
  const taken = before !== undefined && sourceOf(before.reason) !== source;
  if (taken && (problem === null || source === 'rollout')) return false;
  return before?.reason !== problem?.reason || before?.message !== problem?.message;
}

/**
 * Shows a problem on the Deployment, or removes it. The Deployment controller keeps unknown conditions, so it stays
 * until the problem is fixed.
 */
export async function showOnWorkload(
  writer: Writer,
  deployment: KubeObject,
  source: Source,
  problem: Problem | null,
  now: number,
): Promise<void> {
  if (!isNews(workloadCondition(deployment), source, problem)) return;
  const status = deployment['status'] as Status | undefined;
  const others = (status?.conditions ?? []).filter((condition) => condition.type !== CONDITION);
  const value =
    problem === null ? others : withCondition(others, { type: CONDITION, status: 'False', ...problem }, now);
  const write: PatchOperation =
    status === undefined
      ? { op: 'add', path: '/status', value: { conditions: value } }
      : { op: 'add', path: '/status/conditions', value };
  await writer.patch(deployment, [ifUnchanged(deployment), write], 'status');
}
