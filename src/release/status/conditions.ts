import type { Condition } from '../../api/meta.ts';
import type { Reason } from '../reasons/catalogue.ts';

/** Maximum length of a message in the schema: a longer one would make the whole status invalid. */
const MOST_MESSAGE = 2_048;

/** A condition with a reason of the catalogue. */
export type NewCondition = Omit<Condition, 'lastTransitionTime' | 'reason'> & { readonly reason: Reason };

/** The list with the condition in it; its transition time moves only when its status does. */
export function withCondition(
  list: readonly Condition[] | undefined,
  condition: NewCondition,
  now: number,
): Condition[] {
  const before = list?.find((other) => other.type === condition.type);
  const same = before !== undefined && before.status === condition.status;
  const lastTransitionTime = same ? before.lastTransitionTime : new Date(now).toISOString();
  const rest = (list ?? []).filter((other) => other.type !== condition.type);
  const said = {
    reason: condition.reason,
    message: condition.message.slice(0, MOST_MESSAGE),
  };
  return [...rest, { ...condition, ...said, lastTransitionTime }].toSorted((a, b) =>
    a.type.localeCompare(b.type),
  );
}
