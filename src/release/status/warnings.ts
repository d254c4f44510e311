import type { Condition } from '../../api/meta.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { isFinal } from '../machine.ts';
import type { Observation } from '../observed.ts';
import { type Problem, reasonInfo, storedReason } from '../reasons/catalogue.ts';
import { withCondition } from './conditions.ts';
import type { Notice } from './notice.ts';

/** Conditions about the routes that only exist while there is a warning. They have no effect. */
const isWarning = ({ type }: Condition): boolean => reasonInfo(type).isCondition === true;

/** The warnings among conditions. */
export function warningsIn(conditions: readonly Condition[] | undefined): readonly Problem[] {
  return (conditions ?? [])
    .filter(isWarning)
    .map(({ type, message }) => ({ reason: storedReason(type), message }));
}

/** The conditions with these warnings, and no others. */
export function withWarnings(
  conditions: readonly Condition[],
  warnings: readonly Problem[],
  now: number,
): Condition[] {
  const still = conditions.filter(
    (one) => !isWarning(one) || warnings.some(({ reason }) => reason === one.type),
  );
  return warnings.reduce<Condition[]>(
    (known, { reason, message }) =>
      withCondition(known, { type: reason, status: 'True', reason, message: message.slice(0, 4_096) }, now),
    [...still],
  );
}

/** Reports each warning once, and again if its text changes: something appeared in mid-release. */
export function warningNotices({ warnings }: Observation, status: ReleaseStatus): Notice[] {
  if (warnings === undefined || isFinal(status.phase)) return [];
  const known = warningsIn(status.conditions);
  return warnings
    .filter(({ reason, message }) => !known.some((one) => one.reason === reason && one.message === message))
    .map(({ reason, message }) => ({ type: 'Warning', reason, note: message.slice(0, 1_000) }));
}
