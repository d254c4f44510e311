import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { canonical } from '../../api/values/canonical.ts';
import { durationMs } from '../../api/values/duration.ts';
import { desiredOf } from '../desired.ts';
import { LOAD_EVEN } from './report.ts';
import { warningsIn } from './warnings.ts';

/**
 * How long, in milliseconds, a non-urgent change may wait: windows share a write, and if a step passes with its first
 * windows, they share that of the next step.
 */
export function patienceMs({ spec }: Pick<Release, 'spec'>): number {
  return Math.min(60_000, 5 * durationMs(spec.policy.analysis.interval));
}

/**
 * What can be observed or measured again after a crash at little cost. It is written together with the next fact that
 * cannot, or when it has waited long enough.
 */
const LAZY: readonly (keyof ReleaseStatus)[] = [
  'stage',
  'stageStartedAt',
  'reason',
  'message',
  'readyReplicas',
  'routeConfirmedAt',
  'withdrawnAt',
  'routeObjects',
  'availableAt',
  'baseline',
  'analysis',
  'verdict',
  'trail',
  'messages',
  'conditions',
];

function without(status: ReleaseStatus, keys: readonly (keyof ReleaseStatus)[]): object {
  return Object.fromEntries(
    Object.entries(status).filter(([key]) => !keys.includes(key as keyof ReleaseStatus)),
  );
}

function firm(release: Pick<Release, 'spec'>, status: ReleaseStatus): string {
  const firmOnes = status.conditions?.filter(({ type }) => type !== LOAD_EVEN);
  const held = firmOnes?.map((condition) => [condition.type, condition.status]);
  // Another text of a warning is news: one more way past the split, for example.
  return canonical([without(status, LAZY), held, warningsIn(status.conditions), desiredOf(release, status)]);
}

/**
 * How urgently a status must be written. `now`: the desired state has changed, or there is news for people. `later`:
 * only evidence or times have grown. `never`: it is unchanged.
 */
export function urgency(
  release: Pick<Release, 'spec' | 'status'>,
  next: ReleaseStatus,
): 'now' | 'later' | 'never' {
  const { status } = release;
  if (status === undefined) return 'now';
  if (firm(release, status) !== firm(release, next)) return 'now';
  // The count of ready pods alone does not justify a write: it is in the ReplicaSet, too.
  const seen: (keyof ReleaseStatus)[] = ['readyReplicas'];
  return canonical(without(status, seen)) === canonical(without(next, seen)) ? 'never' : 'later';
}
