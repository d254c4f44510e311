import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Cadence } from '../../api/rollout/cadence.ts';
import type { ShadowTally } from './shadow.ts';

/** Kinds of metrics that are measured by an action rather than by reading counters. */
export type CheckName = 'golden' | 'shadow' | 'webhook' | 'job';

/** When a check is run. */
export interface Timing {
  /** `start`: once, before any traffic. `step`: in each step, once the weight is in force. */
  readonly at: 'start' | 'step';
  /** It sends requests that the pods count, so no window of other metrics may cover a run. */
  readonly loads: boolean;
  /** Of `step`: it runs again this long after its end. Absent: once in a step. */
  readonly everyMs?: number;
  /** Of `step`: it runs at the ends of windows, by its cadence. */
  readonly paced?: Cadence;
}

/** Kind and timing of a metric that is a check; null for a queried metric. */
export function checkOf({
  golden,
  shadow,
  webhook,
  job,
}: Metric): { name: CheckName; timing: Timing } | null {
  if (golden !== undefined) return { name: 'golden', timing: { at: 'start', loads: true } };
  if (shadow !== undefined) return { name: 'shadow', timing: { at: shadow.at, loads: true } };
  if (webhook !== undefined) return { name: 'webhook', timing: { at: 'step', loads: false, paced: webhook } };
  if (job !== undefined) return { name: 'job', timing: { at: job.at, loads: false } };
  return null;
}

/** Whether a metric judges the canary's traffic; metrics that are measured before any traffic do not. */
export function watchesTraffic(metric: Metric): boolean {
  return checkOf(metric)?.timing.at !== 'start';
}

/** Answers of canary pods, compared with the expected ones. */
export interface GoldenTally {
  readonly kind: 'golden';
  readonly answers: number;
  readonly wrong: number;
  readonly pods: number;
  /** The first unexpected answer: pod, case, field, expected and actual value. */
  readonly fault: string | null;
}

/**
 * The result of one run of a check. A failed measurement is repeated with back-off. An `outcome` and a `value` are one
 * measurement of several, by the cadence of the metric; a `verdict` is final for the step.
 */
export type CheckResult =
  | GoldenTally
  | ShadowTally
  | {
      readonly kind: 'verdict';
      readonly verdict: 'pass' | 'fail' | 'inconclusive';
      readonly message: string;
    }
  | {
      readonly kind: 'outcome';
      readonly outcome: 'pass' | 'fail' | 'inconclusive';
      readonly message: string;
    }
  | { readonly kind: 'value'; readonly value: number; readonly message: string }
  | { readonly kind: 'noData' | 'providerError'; readonly message: string };
