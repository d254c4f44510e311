import type { Condition } from '../api/meta.ts';

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
  return [...rest, { ...condition, lastTransitionTime }].toSorted((a, b) => a.type.localeCompare(b.type));
}
