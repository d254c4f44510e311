import type { Condition } from '../../api/meta.ts';
import type { Release } from '../../api/release.ts';
import type { Policy } from '../../api/rollout.ts';
import type { Problem } from '../reasons/catalogue.ts';
import { withCondition } from '../status/conditions.ts';

/** Type of the condition that is False while releases are ended by newer templates again and again. */
const KEEPING_UP = 'KeepingUp';
/** So many in a row are no longer somebody who corrects a push. */
const MANY = 5;

/** The newest ended releases that were all superseded: how many in a row. */
export function supersededInARow(releases: readonly Release[]): number {
  const phases = releases
    .filter(({ status }) => status?.finishedAt !== undefined)
    .map(({ status }) => status?.phase);
  return phases.length - 1 - phases.findLastIndex((phase) => phase !== 'Superseded');
}

/** What is said where nothing gets promoted, since newer templates come faster than a release takes. */
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

/** The conditions with this one, or without it where releases get through. */
export function withKeepingUp(
  conditions: readonly Condition[],
  problem: Problem | null,
  now: number,
): Condition[] {
  if (problem === null) return conditions.filter(({ type }) => type !== KEEPING_UP);
  return withCondition(conditions, { type: KEEPING_UP, status: 'False', ...problem }, now);
}

/** Whether the condition was there before. */
export function wasTold(conditions: readonly Condition[] | undefined): boolean {
  return conditions?.some(({ type, status }) => type === KEEPING_UP && status === 'False') === true;
}
