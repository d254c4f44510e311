import { remember } from '../analysis/evidence/history.ts';
import type { WindowSamples } from '../analysis/evidence/sample.ts';
import { dueWindow, type Window } from '../analysis/evidence/window.ts';
import { podsAfter } from '../analysis/evidence/young-pods.ts';
import { splitProblem } from '../analysis/templates/traffic-share.ts';
import { checkOf } from '../analysis/verdict/check.ts';
import { heldBy, judgeMetric, judgeStep } from '../analysis/verdict/judge.ts';
import { isCompared, noteStable } from '../analysis/verdict/judge-alone.ts';
import { isUneven, loadOf, loadText } from '../analysis/verdict/load.ts';
import { withContest } from '../analysis/verdict/winner.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { AnalysisState, MetricState, PodLoad } from '../api/release/analysis-state.ts';
import type { Release, ReleaseStatus } from '../api/release/release.ts';
import { durationMs } from '../api/values/duration.ts';
import { isBusy } from './checks.ts';
import { inForceAt } from './in-force.ts';
import type { Observation } from './observed.ts';
import { remembersStable, stableAt } from './stable-counts.ts';
import { stageOf } from './stages/table.ts';
import type { Notice } from './status/notice.ts';
import { isFreeStep } from './strategy/steps.ts';

const EMPTY: AnalysisState = { windows: 0, metrics: [] };

/** Whether the canary has traffic, or copies of it, that must be watched: from the first step until the update is complete. */
function hasTraffic(status: ReleaseStatus): boolean {
  const { weight, match, mirror } = status;
  return (weight > 0 || match !== undefined || mirror !== undefined) && stageOf(status).judged;
}

/** Whether stable is counted while the canary loads, since the first step gives the canary all traffic. */
function isCounted({ spec }: Pick<Release, 'spec'>, status: ReleaseStatus): boolean {
  return stageOf(status).analysis === 'start' && remembersStable(spec);
}

/** The next window to judge, or when one will be due; null if nothing is judged. */
export function nextWindow(
  release: Pick<Release, 'spec'>,
  status: ReleaseStatus,
  now: number,
): { start: number; end: number } | { wakeAt: number } | null {
  const { policy } = release.spec;
  const settledAt = inForceAt(policy, status);
  const isDue = hasTraffic(status) || isCounted(release, status);
  if (!isDue || settledAt === null || isBusy(release, status, now)) return null;
  return dueWindow(policy.analysis, status.analysis ?? EMPTY, { settledAt, now });
}

/**
 * In the native update stable's pods and series disappear: a window without data is no verdict then, and the last one
 * with data stays.
 */
function withLastVerdict(
  { handedOver }: ReleaseStatus,
  known: MetricState | undefined,
  next: MetricState,
): MetricState {
  const isSilent = next.verdict === 'noData' || next.verdict === 'providerError';
  if (handedOver !== true || !isSilent || known === undefined) return next;
  return { ...next, verdict: known.verdict, message: known.message };
}

/** The status with what stable counted in a window at weight 0. Nothing is judged by it. */
function countStable({ release }: Observation, status: ReleaseStatus, window: WindowSamples): ReleaseStatus {
  const before = status.analysis ?? EMPTY;
  const states = release.spec.metrics.filter(isCompared).map((metric) =>
    noteStable(
      metric,
      before.metrics.find(({ name }) => name === metric.name),
      window,
    ),
  );
  const others = before.metrics.filter(({ name }) => states.every((state) => state.name !== name));
  const metrics = [...others, ...states];
  return { ...status, analysis: { ...before, from: new Date(window.end).toISOString(), metrics } };
}

/** The status with the verdict of the window that was read. */
export function judgeWindow(seen: Observation, status: ReleaseStatus): ReleaseStatus {
  const { window, release } = seen;
  if (window === null) return status;
  if (!hasTraffic(status)) return isCounted(release, status) ? countStable(seen, status, window) : status;
  const { policy, metrics, calibration } = release.spec;
  const before = status.analysis ?? EMPTY;
  const pods = podsAfter(before.pods ?? [], window);
  const { coldStart } = policy.canary;
  const counting = metrics.filter(({ dryRun }) => !dryRun).length;
  const states = metrics.map((metric) => {
    const known = before.metrics.find((state) => state.name === metric.name);
    const next = judgeMetric(metric, policy.analysis, known, window, {
      metrics: counting,
      calibration: calibration?.find((one) => one.metric === metric.name),
      stable: stableAt(policy, status.weight),
      isFree: status.phase === 'Stepping' && isFreeStep(policy, status.step),
      pods,
      coldSeconds: coldStart === undefined ? undefined : durationMs(coldStart) / 1_000,
    });
    const counted = policy.abTest === undefined ? next : withContest(metric, known, next, window);
    const told =
      checkOf(metric) === null ? remember(counted, { endMs: window.end, step: status.step }) : counted;
    return withLastVerdict(status, known, told);
  });
  const judged = judgeStep(policy.analysis, states, metrics);
  const split = status.phase === 'Stepping' && status.weight < 100;
  // Clients are divided rather than requests, and each sends as many as it likes.
  const isDivided = split && status.sticky === undefined;
  const share = isDivided ? splitProblem(states, status) : null;
  const load = split ? loadNow(seen, states, before) : null;
  const uneven = load !== null && isUneven(load) ? loadText(load) : null;
  return {
    ...postponed(status, metrics, states, window),
    verdict: judged.verdict,
    message: [judged.message, share, uneven]
      .filter((one) => one !== null)
      .join('; ')
      .slice(0, 2_048),
    analysis: {
      from: new Date(window.end).toISOString(),
      windows: before.windows + 1,
      metrics: states,
      pods,
      ...sharedFor(before, metrics, states, window),
      ...loadKept(load ?? before.load),
    },
  };
}

const lengthMs = ({ start, end }: Window): number => end - start;

/** The time of the step in which a shared fault kept it. */
function sharedFor(
  { sharedSeconds }: AnalysisState,
  metrics: readonly Metric[],
  states: readonly MetricState[],
  window: Window,
): Pick<AnalysisState, 'sharedSeconds'> {
  const more = heldBy(metrics, states) === 'sharedFault' ? lengthMs(window) / 1_000 : 0;
  const seconds = (sharedSeconds ?? 0) + more;
  return seconds === 0 ? {} : { sharedSeconds: seconds };
}

/** Time in which nobody could have decided anything does not count against the deadline of the step. */
function postponed(
  status: ReleaseStatus,
  metrics: readonly Metric[],
  states: readonly MetricState[],
  window: Window,
): ReleaseStatus {
  const { deadline, phase } = status;
  if (deadline === undefined || phase !== 'Stepping' || heldBy(metrics, states) !== 'sharedFault')
    return status;
  return { ...status, deadline: new Date(Date.parse(deadline) + lengthMs(window)).toISOString() };
}

/** Kept until it is known again, so that it is reported once. */
const loadKept = (load: PodLoad | undefined): Pick<AnalysisState, 'load'> =>
  load === undefined ? {} : { load };

function loadNow(
  { canary, stable }: Observation,
  states: readonly MetricState[],
  before: AnalysisState,
): PodLoad | null {
  // A check's requests are not load: it has its own counts.
  const counted = states.filter(({ check }) => check === undefined);
  return loadOf(counted, { canary: canary?.ready ?? 0, stable: stable?.ready ?? 0 }, before.load);
}

/** Reports once per step that the pods of both versions have different loads. */
export function loadNotices(before: ReleaseStatus, after: ReleaseStatus): Notice[] {
  const { load } = after.analysis ?? {};
  if (load?.told !== true || before.analysis?.load?.told === true) return [];
  const note = `step ${after.stepText ?? ''}: ${loadText(load)}`;
  return [{ type: 'Normal', reason: 'UnevenLoad', note: note.slice(0, 1_000), quiet: true }];
}
