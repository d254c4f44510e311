import { checkOf, type Timing, watchesTraffic } from '../analysis/verdict/check.ts';
import { alphaOf, judgeStep } from '../analysis/verdict/judge.ts';
import { type CheckRunEnd, judgeCheck } from '../analysis/verdict/judge-check.ts';
import { freshState } from '../analysis/verdict/state.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { AnalysisState, MetricState } from '../api/release/analysis-state.ts';
import type { Release, ReleaseSpec, ReleaseStatus } from '../api/release/release.ts';
import type { Cadence } from '../api/rollout/cadence.ts';
import { durationMs } from '../api/values/duration.ts';
import { inForceAt } from './in-force.ts';
import type { CheckReport, Observation } from './observed.ts';
import { isStableDown } from './rollout/stable-ready.ts';
import { canaryAvailable, isWarm } from './stages/canary-pods.ts';
import { type Progress, wait } from './stages/progress.ts';
import { stageOf } from './stages/table.ts';
import { mostSteps } from './strategy/steps.ts';

/** A run of a check that is due now or soon. */
export interface DueCheck {
  readonly metric: Metric;
  /** Number of the run in this Release. */
  readonly run: number;
  readonly step: number;
  /** When it may begin, epoch milliseconds. */
  readonly at: number;
}

const EMPTY: AnalysisState = { windows: 0, metrics: [] };
/** First and longest pause before a failed measurement is repeated. */
const [RETRY_MS, SELDOM_MS] = [2_000, 60_000];

function stateOf(status: ReleaseStatus, { name }: Metric): MetricState | undefined {
  return status.analysis?.metrics.find((state) => state.name === name);
}

/** When the first run in a step may begin: with the windows, and after the delay of its cadence. */
function firstRunAt(
  { policy }: ReleaseSpec,
  status: ReleaseStatus,
  paced: Cadence | undefined,
): number | null {
  if (paced === undefined) return Number.NEGATIVE_INFINITY;
  const inForce = inForceAt(policy, status);
  if (inForce === null) return null;
  const { warmup, interval } = policy.analysis;
  return (
    inForce + durationMs(warmup) + Math.max(durationMs(interval), durationMs(paced.initialDelay ?? '0s'))
  );
}

/** When the next run may begin; null if none is due. */
function nextRunAt(
  spec: ReleaseSpec,
  status: ReleaseStatus,
  { everyMs, paced }: Timing,
  state: MetricState | undefined,
): number | null {
  const ended = Date.parse(state?.check?.at ?? '');
  const misses = state?.misses ?? 0;
  if (misses > 0) return ended + Math.min(SELDOM_MS, RETRY_MS * 2 ** (misses - 1));
  if (state?.check === undefined || state.windows === 0) return firstRunAt(spec, status, paced);
  const { interval } = spec.policy.analysis;
  const pause =
    paced === undefined ? everyMs : Math.max(durationMs(interval), durationMs(paced.interval ?? interval));
  return pause === undefined ? null : ended + pause;
}

function wantedIn(status: ReleaseStatus): 'start' | 'step' | null {
  const { analysis } = stageOf(status);
  return analysis === 'start' || analysis === 'step' ? analysis : null;
}

function runsOf({ spec }: Pick<Release, 'spec'>, status: ReleaseStatus): DueCheck[] {
  const wanted = wantedIn(status);
  const earliest = wanted === 'step' ? inForceAt(spec.policy, status) : Number.NEGATIVE_INFINITY;
  // A revision that served before skips the steps, and the checks before them.
  if (wanted === null || earliest === null || spec.rollback !== undefined) return [];
  return spec.metrics.flatMap((metric) => {
    const timing = checkOf(metric)?.timing;
    if (timing?.at !== wanted) return [];
    const state = stateOf(status, metric);
    const at = nextRunAt(spec, status, timing, state);
    const run = state?.check?.runs ?? 0;
    return at === null ? [] : [{ metric, run, step: status.step, at: Math.max(at, earliest) }];
  });
}

/** The runs of checks that are due: before any traffic once all canary pods exist, or in a step. */
export function dueChecks(seen: Observation, status: ReleaseStatus): DueCheck[] {
  const due = runsOf(seen.release, status);
  if (due.length === 0 || wantedIn(status) === 'step') return due;
  return canaryAvailable(seen, status) && isWarm(seen) ? due : [];
}

/** Whether requests of a check are running that no window may count. */
export function isBusy(release: Pick<Release, 'spec'>, status: ReleaseStatus, now: number): boolean {
  return runsOf(release, status).some(
    ({ metric, at }) => at <= now && checkOf(metric)?.timing.loads === true,
  );
}

/** The accepted chance that one run fails a good canary: a metric's part covers all steps together. */
function alphaFor({ spec }: Release, metric: Metric): number {
  const { metrics, policy } = spec;
  const share = alphaOf(policy.analysis, metrics.filter(({ dryRun }) => !dryRun).length);
  return watchesTraffic(metric) ? share / mostSteps(policy) : share;
}

/**
 * Evidence with one more run. If the run sent requests during a step, the next window begins late enough for the
 * counters to include them at its start.
 */
function withRun(release: Release, before: AnalysisState, metric: Metric, end: CheckRunEnd): AnalysisState {
  const known = before.metrics.find(({ name }) => name === metric.name);
  const next = judgeCheck(metric, release.spec.policy.analysis, known, end, alphaFor(release, metric));
  const metrics =
    known === undefined
      ? [...before.metrics, next]
      : before.metrics.map((one) => (one === known ? next : one));
  const { loads = false } = checkOf(metric)?.timing ?? {};
  const from = new Date(end.at + durationMs(release.spec.policy.analysis.warmup)).toISOString();
  const later = loads && watchesTraffic(metric) && (before.from ?? '') < from;
  return { ...before, metrics, ...(later && { from }) };
}

/** Evidence with the progress of the first run in a step: for example, what a pod waits for. */
function withNote(before: AnalysisState, { name }: Metric, note: string): AnalysisState {
  const known = before.metrics.find((state) => state.name === name) ?? freshState(name);
  if (known.windows > 0 || known.misses > 0 || known.message === note) return before;
  const next = { ...known, message: note.slice(0, 1_024) };
  const isNew = before.metrics.every((state) => state.name !== name);
  const metrics = before.metrics.map((state) => (state.name === name ? next : state));
  return { ...before, metrics: isNew ? [...metrics, next] : metrics };
}

/** The status with the verdicts of the finished runs that were due. */
export function takeChecks(seen: Observation, status: ReleaseStatus): ReleaseStatus {
  const { checks = [], release } = seen;
  const due = checks.length === 0 ? [] : dueChecks(seen, status);
  let analysis = status.analysis ?? EMPTY;
  for (const { metric: name, run, state } of checks) {
    const wanted = due.find((one) => one.metric.name === name && one.run === run);
    if (wanted === undefined) continue;
    if ('result' in state) analysis = withRun(release, analysis, wanted.metric, state);
    else if (watchesTraffic(wanted.metric)) analysis = withNote(analysis, wanted.metric, state.note);
  }
  if (analysis === (status.analysis ?? EMPTY)) return status;
  const { policy, metrics } = release.spec;
  return { ...status, verdict: judgeStep(policy.analysis, analysis.metrics, metrics).verdict, analysis };
}

function standing(metric: Metric, status: ReleaseStatus, checks: readonly CheckReport[]): string | null {
  const state = stateOf(status, metric);
  const ignored = metric.onNoData === 'ignore' && state?.verdict === 'noData';
  // A check with dryRun is waited for once, so that it shows a result.
  const shown = metric.dryRun && state?.check !== undefined;
  if (state?.verdict === 'pass' || ignored || shown) return null;
  const report = checks.find((one) => one.metric === metric.name);
  const note = report !== undefined && 'note' in report.state ? report.state.note : null;
  const said = state?.check === undefined ? null : state.message;
  return `${metric.name}: ${[said, note].filter((one) => one !== null).join('; ') || 'is about to be measured'}`;
}

/** `then`, once every check before any traffic has passed; a check with dryRun need only have run. */
export function checked(seen: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  const { spec } = seen.release;
  if (spec.rollback !== undefined) return then();
  // A comparison with stable is impossible if stable serves nothing, and a person promotes anyway.
  const leftOut = spec.promote !== undefined && isStableDown(seen);
  const waiting = spec.metrics
    .filter((metric) => !watchesTraffic(metric) && !(leftOut && metric.shadow !== undefined))
    .map((metric) => standing(metric, status, seen.checks ?? []))
    .filter((one) => one !== null);
  if (waiting.length === 0) return then();
  const next = dueChecks(seen, status)
    .map(({ at }) => at)
    .filter((at) => at > seen.now);
  return wait('CanaryChecking', waiting.join('; '), next.length === 0 ? undefined : Math.min(...next));
}
