import type { Condition } from '../../api/meta.ts';

/** Longest reason and message that the schema takes: one that is longer would keep the whole status from being written. */
const [MOST_REASON, MOST_MESSAGE] = [64, 2_048];

/** The list with the condition in it; its transition time moves only when its status does. */
export function withCondition(
  list: readonly Condition[] | undefined,
  condition: Omit<Condition, 'lastTransitionTime'>,
  now: number,
): Condition[] {
  const before = list?.find((other) => other.type === condition.type);
  const same = before !== undefined && before.status === condition.status;
  const lastTransitionTime = same ? before.lastTransitionTime : new Date(now).toISOString();
  const rest = (list ?? []).filter((other) => other.type !== condition.type);
  const said = {
    reason: condition.reason.slice(0, MOST_REASON),
    message: condition.message.slice(0, MOST_MESSAGE),
  };
  return [...rest, { ...condition, ...said, lastTransitionTime }].toSorted((a, b) =>
    a.type.localeCompare(b.type),
  );
}
