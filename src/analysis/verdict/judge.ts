import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Calibration } from '../../api/analysis/calibration.ts';
import type { MetricState, Verdict } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import type { WindowSamples } from '../evidence/sample.ts';
import type { KnownPods } from '../evidence/young-pods.ts';
import { rulesOf } from './bound.ts';
import { checkOf } from './check.ts';
import { driftAlone } from './judge-alone.ts';
import { judgeDrift } from './judge-drift.ts';
import { judgeShare } from './judge-share.ts';
import { judgeValue } from './judge-value.ts';
import { freshState } from './state.ts';

/** The result of a step so far. `ready` means that every metric that counts has passed on evidence. */
export interface StepVerdict {
  readonly verdict: Verdict;
  readonly message: string;
  readonly ready: boolean;
}

/** The part of the false-abort rate for one of several metrics. */
export function alphaOf(analysis: Analysis, metrics: number): number {
  return Number.parseFloat(analysis.falseAbortRate) / 100 / Math.max(1, metrics);
}

/** The state of a check; of a check with a cadence, when it is due. */
function awaited({ webhook }: Metric, state: MetricState): MetricState {
  if (webhook === undefined || state.windows > 0 || state.misses > 0) return state;
  const { initialDelay } = webhook;
  const when = initialDelay === undefined ? 'the first window' : `initialDelay ${initialDelay}`;
  return { ...state, message: `it is asked for the first time after ${when}` };
}

/** What a window is judged by, beside the policy. */
export interface JudgeContext {
  /** Number of metrics that can roll the release back; the false-abort rate is divided among them. Default: 1. */
  readonly metrics?: number;
  /** What is known of the metric from the past of the workload. */
  readonly calibration?: Calibration | undefined;
  /**
   * `remembered`: what stable counts is kept, since the canary will get all traffic. `gone`: it has all traffic, and is
   * compared with what was kept. Default: stable has traffic, too.
   */
  readonly stable?: 'remembered' | 'gone' | undefined;
  /** The canary needs no traffic now: without data nothing is missing. */
  readonly isFree?: boolean;
  /** Canary pods with requests, to know which of them are cold. Default: none is. */
  readonly pods?: KnownPods;
  /** How long a pod is cold, seconds. Default: as long as the past has shown. */
  readonly coldSeconds?: number | undefined;
}

/**
 * Judges one window into the state of a metric. Pure: the same state and window give the same result, so a window that
 * was judged but not persisted is simply judged again.
 */
export function judgeMetric(
  metric: Metric,
  analysis: Analysis,
  before: MetricState | undefined,
  window: WindowSamples,
  context: JudgeContext = {},
): MetricState {
  const state = before ?? freshState(metric.name);
  // The verdict of a check comes with its runs.
  if (checkOf(metric) !== null) return awaited(metric, state);
  const read = rulesOf(metric);
  if ('field' in read)
    return { ...state, verdict: 'inconclusive', message: `${read.field}: ${read.message}` };
  const { rules } = read;
  const alpha = alphaOf(analysis, context.metrics ?? 1);
  if (metric.value !== undefined) return judgeValue(metric, analysis, rules, state, window);
  if (metric.drift !== undefined)
    return context.stable === 'gone'
      ? driftAlone(state)
      : judgeDrift(metric, analysis, rules, state, window, alpha);
  return judgeShare(metric, rules, state, window, { ...context, analysis, alpha });
}

function unseen(metric: Metric): MetricState {
  const state = freshState(metric.name);
  return checkOf(metric) === null ? state : { ...state, message: 'it has not been measured yet' };
}

/** What holds a step, if a metric that counts can neither pass nor fail for it; a shared fault before cold pods. */
export function heldBy(
  metrics: readonly Metric[],
  states: readonly MetricState[],
): NonNullable<MetricState['holds']> | null {
  const counted = states.filter(({ name }) => metrics.some((one) => one.name === name && !one.dryRun));
  const has = (wanted: MetricState['holds']): boolean => counted.some(({ holds }) => holds === wanted);
  return has('sharedFault') ? 'sharedFault' : has('cold') ? 'cold' : null;
}

/** From worst to best, as far as they count for a step. */
const ORDER: readonly Verdict[] = ['fail', 'providerError', 'noData', 'inconclusive', 'pass'];

/**
 * The verdict over all metrics. Any failure fails; a missing measurement waits; without any measurement it never
 * passes. Metrics with `dryRun`, and those without data under `onNoData: ignore`, are left out.
 */
export function judgeStep(
  _analysis: Analysis,
  states: readonly MetricState[],
  metrics: readonly Metric[],
): StepVerdict {
  const counted = metrics.flatMap((metric): { name: string; state: MetricState }[] => {
    const state = states.find(({ name }) => name === metric.name) ?? unseen(metric);
    const ignored = metric.onNoData === 'ignore' && state.verdict === 'noData';
    return metric.dryRun || ignored ? [] : [{ name: metric.name, state }];
  });
  const worst = ORDER.find((verdict) => counted.some(({ state }) => state.verdict === verdict));
  if (worst === undefined) {
    return {
      verdict: 'noData',
      message: 'nothing is measured: every metric is dryRun or without data under onNoData: ignore',
      ready: false,
    };
  }
  const telling = counted.filter(({ state }) => state.verdict === worst);
  const message = telling
    .map(({ name, state }) => `${name}: ${state.message}`)
    .join('; ')
    .slice(0, 2_048);
  return { verdict: worst, message, ready: worst === 'pass' };
}
