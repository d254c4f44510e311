import type { ArmSamples, Sample } from '../analysis/evidence/sample.ts';
import { judgeMetric, judgeStep } from '../analysis/verdict/judge.ts';
import { noteStable, stableNeeds } from '../analysis/verdict/judge-alone.ts';
import { startStep } from '../analysis/verdict/state.ts';
import { withContest } from '../analysis/verdict/winner.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { Calibration } from '../api/analysis/calibration.ts';
import type { MetricState } from '../api/release/analysis-state.ts';
import { connectMs } from '../api/rollout/connect.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import { durationMs } from '../api/values/duration.ts';
import { stepExitOf } from '../release/gates/step-exit.ts';
import { reasonInfo } from '../release/reasons/catalogue.ts';
import { stableAt } from '../release/stable-counts.ts';
import { weightAfter } from '../release/strategy/next-weight.ts';
import { stepCount, stepShare, stepWeight } from '../release/strategy/steps.ts';
import { type Arms, injectFault, type Period, type Split, samplesOf } from './arms.ts';
import type { MetricCounts } from './counts.ts';
import type { Random } from './random.ts';

/** How a replayed release ended, and how long after its first weight; `undecided` if the past was too short. */
export interface Trial {
  readonly outcome: 'aborted' | 'promoted' | 'undecided';
  readonly seconds: number;
  /** The failed metric and its sentence; if undecided, what it still waits for. */
  readonly metric?: string;
  readonly message?: string;
}

/** A fault of the canary: the rate at which its requests go bad, by one metric. */
export interface InjectedFault {
  readonly metric: string;
  readonly share: number;
}

/** The input of a replayed release. */
export interface TrialSetup {
  readonly policy: Policy;
  readonly period: Period;
  readonly split: Split;
  readonly fault: InjectedFault | null;
  readonly random: Random;
  /** What a release would begin with. */
  readonly calibrations?: readonly Calibration[];
}

function armsOf(
  { split, fault, random }: TrialSetup,
  metric: MetricCounts,
  at: number,
  weight: number,
): Arms {
  const arms = split.arms(metric, at, weight);
  if (fault === null || fault.metric !== metric.metric.name) return arms;
  return { ...arms, canary: injectFault(metric, arms.canary, fault.share, random) };
}

/** A number at the end of a window. */
function numberAt({ name }: Metric, value: number | undefined): ArmSamples {
  const start: Sample = { kind: 'noData', message: 'not asked' };
  const end: Sample =
    value === undefined
      ? { kind: 'noData', message: 'the query gave no number' }
      : { kind: 'vector', series: [{ labels: {}, value }] };
  return { metric: name, arm: 'canary', part: 'query', promql: '', start, end };
}

function judged(
  setup: TrialSetup,
  before: readonly MetricState[],
  at: number,
  weight: number,
  counting: number,
): MetricState[] {
  const { period, policy } = setup;
  const start = period.startMs + at * period.stepMs;
  const end = start + period.stepMs;
  const known = (name: string): MetricState | undefined => before.find((one) => one.name === name);
  const numbers = period.values.map(({ metric, values }) => {
    const samples = [numberAt(metric, values[at])];
    return judgeMetric(
      metric,
      policy.analysis,
      known(metric.name),
      { start, end, samples },
      { metrics: counting },
    );
  });
  const shares = period.metrics.map((metric) => {
    const arms = armsOf(setup, metric, at, weight);
    const samples = [
      ...samplesOf(metric, 'canary', arms.canary),
      ...samplesOf(metric, 'stable', arms.stable),
    ];
    const window = { start, end, samples };
    const { name } = metric.metric;
    const calibration = setup.calibrations?.find((one) => one.metric === name);
    const next = judgeMetric(metric.metric, policy.analysis, known(name), window, {
      metrics: counting,
      calibration,
      stable: stableAt(policy, weight),
    });
    return policy.abTest === undefined ? next : withContest(metric.metric, known(name), next, window);
  });
  return [...shares, ...numbers];
}

/**
 * Counts stable until that suffices to compare a canary with that gets all traffic at once, as a release does while its
 * pods load; the number of windows that this takes, and what is known then.
 */
function countStable(setup: TrialSetup): { readonly at: number; readonly states: MetricState[] } {
  const { period, policy } = setup;
  let states: MetricState[] = [];
  if (stepWeight(policy, {}, 0) !== 100) return { at: 0, states };
  const missing = (): boolean =>
    period.metrics.some(({ metric }, index) => stableNeeds(policy.analysis, metric, states[index]) !== null);
  let at = 0;
  for (; at < period.count && missing(); at++) {
    const start = period.startMs + at * period.stepMs;
    states = period.metrics.map((metric, index) => {
      const samples = samplesOf(metric, 'stable', armsOf(setup, metric, at, 0).stable);
      return noteStable(metric.metric, states[index], { start, end: start + period.stepMs, samples });
    });
  }
  return { at, states };
}

/** The first window of a step that begins at window `at`: the route settles, and the warm-up is over. */
function firstWindow({ policy, period }: TrialSetup, at: number): number {
  const away = durationMs(policy.settle) + durationMs(policy.analysis.warmup);
  return at + Math.ceil(away / period.stepMs);
}

/** Windows that pass before the first step, while connections open. */
function connectWindows({ policy, period }: TrialSetup): number {
  return Math.ceil(connectMs(policy) / period.stepMs);
}

function failureOf(
  metrics: readonly Metric[],
  states: readonly MetricState[],
): Pick<Trial, 'metric' | 'message'> {
  const failed = metrics.find(
    ({ name, dryRun }) => !dryRun && states.some((one) => one.name === name && one.verdict === 'fail'),
  );
  const { name = '', message = '' } = states.find(({ name: one }) => one === failed?.name) ?? {};
  return { metric: name, message };
}

/** The weights that a release has had: what the evidence has chosen is kept in its status, too. */
function withNext(
  policy: Policy,
  metrics: readonly Metric[],
  states: readonly MetricState[],
  weights: readonly number[],
): number[] {
  const next = weightAfter(policy, metrics, states, weights.at(-1) ?? 1);
  return next === null ? [...weights] : [...weights, next];
}

/** The next step of which the past can say anything: nobody knows which of its requests a match would choose. */
function knownFrom(policy: Policy, step: number): number {
  return stepShare(policy, {}, step) === 0 ? knownFrom(policy, step + 1) : step;
}

/**
 * Simulates a release of the policy over the past, from its first weight to the end of its last step, with the code
 * that judges real releases. Approvals, loading and promotion are left out.
 */
export function tryRelease(setup: TrialSetup): Trial {
  const { policy, period } = setup;
  const metrics = [...period.metrics, ...period.values].map(({ metric }) => metric);
  const counting = metrics.filter(({ dryRun }) => !dryRun).length;
  const counted = countStable(setup);
  let { states } = counted;
  let weights = policy.autoSteps === undefined ? [] : [policy.autoSteps.min];
  let [step, begun, waits] = [
    knownFrom(policy, 0),
    counted.at + connectWindows(setup),
    'no window was complete',
  ];
  if (step === stepCount(policy, { weights }))
    return { outcome: 'undecided', seconds: 0, message: 'nobody knows what a match would choose' };
  for (let at = firstWindow(setup, begun); at < period.count; at++) {
    const weight = stepShare(policy, { weights }, step) ?? 100;
    states = judged(setup, states, at, weight, counting);
    const seconds = ((at + 1) * period.stepMs) / 1_000;
    if (judgeStep(policy.analysis, states, metrics).verdict === 'fail')
      return { outcome: 'aborted', seconds, ...failureOf(metrics, states) };
    const elapsedMs = (at + 1 - begun) * period.stepMs - durationMs(policy.settle);
    const pace = stepExitOf({ policy, metrics, states, step, weight, elapsedMs });
    const { reason, message } = pace;
    if (reasonInfo(reason).expired === 'bake' && policy.analysis.onInconclusive === 'abort')
      return { outcome: 'aborted', seconds, metric: 'maxBake', message };
    if (reasonInfo(reason).expired === 'test')
      return { outcome: 'aborted', seconds, metric: 'abTest', message };
    waits = message;
    if (pace.kind === 'waits') continue;
    weights = policy.autoSteps === undefined ? weights : withNext(policy, metrics, states, weights);
    step = knownFrom(policy, step + 1);
    if (step === stepCount(policy, { weights })) return { outcome: 'promoted', seconds };
    begun = at + 1;
    states = states.map(startStep);
    at = firstWindow(setup, begun) - 1;
  }
  return { outcome: 'undecided', seconds: (period.count * period.stepMs) / 1_000, message: waits };
}
