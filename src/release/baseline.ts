import { LATE_SCRAPES_MS, type Window } from '../analysis/evidence/window.ts';
import type { ReleaseStatus } from '../api/release/release.ts';
import { probesWithin } from './canary/probe-traffic.ts';
import type { Observation } from './observed.ts';
import { canaryAvailable } from './stages/canary-pods.ts';
import { nobodyLooks, windowMs } from './stages/drain.ts';
import { isByPods, type Progress, wait } from './stages/progress.ts';
import { stageOf } from './stages/table.ts';
import type { Notice } from './status/notice.ts';

/** How long to wait for an answer beyond the window, if there is something to measure. */
const ANSWER_MS = 10_000;
const AGAIN_MS = 1_000;

const isLoading = (status: ReleaseStatus): boolean => stageOf(status).analysis === 'start';

/** When a window will have passed with all canary pods available at weight 0. */
function dueAt(seen: Observation, { availableAt }: ReleaseStatus): number {
  return (Date.parse(availableAt ?? '') || seen.now) + windowMs(seen) + LATE_SCRAPES_MS;
}

/** The window to measure before the canary's first weight; null if none is useful (yet). */
export function baselineWindow(seen: Observation, status: ReleaseStatus): Window | null {
  const { availableAt, baseline } = status;
  const isKnown = baseline !== undefined || availableAt === undefined;
  // Pods that divide the traffic have it from the start.
  if (!isLoading(status) || isKnown || nobodyLooks(seen) || isByPods(seen)) return null;
  const end = seen.now - LATE_SCRAPES_MS;
  return seen.now < dueAt(seen, status) ? null : { start: end - windowMs(seen), end };
}

function waiting(until: number): Progress {
  return wait(
    'CanaryMeasuring',
    'what the canary gets at weight 0, past the split, is being measured',
    until,
  );
}

/** Records since when the canary could be measured at weight 0, and what it got. */
export function withBaseline(seen: Observation, status: ReleaseStatus): ReleaseStatus {
  if (!isLoading(status)) return status;
  const { availableAt: known = new Date(seen.now).toISOString(), ...rest } = status;
  if (!canaryAvailable(seen, status)) return rest;
  const { residual, canary } = seen;
  const isMeasured = residual?.kind === 'moves' || residual?.kind === 'still';
  if (!isMeasured || status.baseline !== undefined) return { ...rest, availableAt: known };
  const requests = residual.kind === 'moves' ? residual.requests : 0;
  const baseline = { requests, seconds: windowMs(seen) / 1_000, pods: canary?.ready ?? 0 };
  return { ...rest, availableAt: known, baseline };
}

/**
 * `then`, once the canary's requests at weight 0 have been measured. A release waits for that only if requests are
 * known to bypass the split; otherwise what was measured by the time of its first weight is enough.
 */
export function measured(seen: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  if (status.baseline !== undefined || nobodyLooks(seen)) return then();
  const { now, isBypassed, residual } = seen;
  const due = dueAt(seen, status);
  if (now < due) return isBypassed ? waiting(due) : then();
  if (residual === undefined) return waiting(now + AGAIN_MS);
  const isLate = residual.kind === 'unanswered' && isBypassed && now < due + ANSWER_MS;
  return isLate ? waiting(now + AGAIN_MS) : then();
}

/** Reports once that requests reach the canary at weight 0. */
export function baselineNotices(
  { canary }: Observation,
  before: ReleaseStatus,
  after: ReleaseStatus,
): Notice[] {
  const { baseline } = after;
  if (baseline === undefined || before.baseline !== undefined || canary === null) return [];
  const { requests, seconds, pods } = baseline;
  if (requests <= pods * probesWithin(canary.template, seconds * 1_000)) return [];
  const note = `the canary gets requests at weight 0, before its first weight (${requests} in ${seconds} s): they bypass the split routes, and continue after a roll-back until its pods are gone. Which clients call it by another way?`;
  return [{ type: 'Warning', reason: 'RequestsPastSplit', note }];
}
