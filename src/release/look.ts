import { checkOf } from '../analysis/check.ts';
import { remember } from '../analysis/history.ts';
import { judgeMetric, judgeStep } from '../analysis/judge.ts';
import { shareProblem } from '../analysis/traffic-share.ts';
import { dueWindow } from '../analysis/window.ts';
import { durationMs } from '../api/duration.ts';
import type { AnalysisState, Release, ReleaseStatus } from '../api/release.ts';
import { isBusy } from './check.ts';
import type { Seen } from './seen.ts';

const EMPTY: AnalysisState = { windows: 0, metrics: [] };

/** Whether the canary has traffic that must be watched: from the first weight until the update is complete. */
function hasTraffic(status: ReleaseStatus): boolean {
  if (status.phase === 'Stepping') return status.weight > 0 && status.stage !== 'Shifting';
  return status.phase === 'Promoting' && status.stage !== 'Clearing' && status.stage !== 'Yielding';
}

/** The next window to look at, or when one will be due; null where nothing is to be looked at. */
export function nextWindow(
  release: Pick<Release, 'spec'>,
  status: ReleaseStatus,
  now: number,
): { start: number; end: number } | { wakeAt: number } | null {
  if (!hasTraffic(status) || status.routeConfirmedAt === undefined) return null;
  if (isBusy(release, status, now)) return null;
  const { policy } = release.spec;
  const settledAt = Date.parse(status.routeConfirmedAt) + durationMs(policy.settle);
  return dueWindow(policy.analysis, status.analysis ?? EMPTY, { settledAt, now });
}

/** The status with the window that was read judged into it. */
export function look(seen: Seen, status: ReleaseStatus): ReleaseStatus {
  const { window, release } = seen;
  if (window === null || !hasTraffic(status)) return status;
  const { policy, metrics } = release.spec;
  const before = status.analysis ?? EMPTY;
  const counting = metrics.filter(({ dryRun }) => !dryRun).length;
  const states = metrics.map((metric) => {
    const known = before.metrics.find((state) => state.name === metric.name);
    const next = judgeMetric(metric, policy.analysis, known, window, counting);
    return checkOf(metric) === null ? remember(next, { endMs: window.end, step: status.step }) : next;
  });
  const judged = judgeStep(policy.analysis, states, metrics);
  const share = status.phase === 'Stepping' ? shareProblem(states, status.weight) : null;
  return {
    ...status,
    verdict: judged.verdict,
    message: share === null ? judged.message : `${judged.message}; ${share}`.slice(0, 2_048),
    analysis: { from: new Date(window.end).toISOString(), windows: before.windows + 1, metrics: states },
  };
}
