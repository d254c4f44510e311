import type { Condition } from '../../api/meta.ts';
import type { Release } from '../../api/release/release.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import type { Problem } from '../reasons/catalogue.ts';
import { withCondition } from '../status/conditions.ts';

/** Type of the condition that is False while newer templates keep ending releases. */
const KEEPING_UP = 'KeepingUp';
/** This many in a row are no longer corrections of a push. */
const MANY = 5;

/** The number of newest releases in a row that were superseded. */
export function supersededInARow(releases: readonly Release[]): number {
  const phases = releases
    .filter(({ status }) => status?.finishedAt !== undefined)
    .map(({ status }) => status?.phase);
  return phases.length - 1 - phases.findLastIndex((phase) => phase !== 'Superseded');
}

/** The message if nothing gets promoted because newer templates come faster than releases finish. */
export function pushedTooFast(
  releases: readonly Release[],
  { onNewRevision }: Pick<Policy, 'onNewRevision'>,
): Problem | null {
  const count = supersededInARow(releases);
  if (count < MANY) return null;
  const fix =
    onNewRevision === 'queue'
      ? 'Push less often than it takes to get the first canary pod'
      : 'Push less often than a release takes, or have each release finished first: spec.onNewRevision: queue';
  return {
    reason: 'PushedTooFast',
    message: `nothing gets promoted: each of the last ${count} releases was ended by a newer pod template before it was done. ${fix}`,
  };
}

/** The conditions with this one, or without it if releases finish. */
export function withKeepingUp(
  conditions: readonly Condition[],
  problem: Problem | null,
  now: number,
): Condition[] {
  if (problem === null) return conditions.filter(({ type }) => type !== KEEPING_UP);
  return withCondition(conditions, { type: KEEPING_UP, status: 'False', ...problem }, now);
}

/** Whether the condition was there before. */
export function wasReported(conditions: readonly Condition[] | undefined): boolean {
  return conditions?.some(({ type, status }) => type === KEEPING_UP && status === 'False') === true;
}
