import type { Metric } from '../../api/analysis-template.ts';
import type { Cadence } from '../../api/cadence.ts';
import type { ShadowTally } from './shadow.ts';

/** Kinds of metrics that are measured by doing something, and not by reading counters. */
export type CheckName = 'golden' | 'shadow' | 'webhook' | 'job';

/** When a check is run. */
export interface Timing {
  /** `start`: once, before any traffic. `step`: in each step, once the weight is in force. */
  readonly at: 'start' | 'step';
  /** It sends requests that the pods count: no window of the other metrics covers a run. */
  readonly loads: boolean;
  /** Of `step`: it is run again so long after it has ended. Absent: once in a step. */
  readonly everyMs?: number;
  /** Of `step`: it is run first and again at the ends of windows, as its cadence says. */
  readonly paced?: Cadence;
}

/** Kind and timing of a metric that is a check; null for one that is queried. */
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

/** Whether a metric judges the traffic that a canary gets: one that is measured before it does not. */
export function watchesTraffic(metric: Metric): boolean {
  return checkOf(metric)?.timing.at !== 'start';
}

/** Answers of canary pods, against those that were expected. */
export interface GoldenTally {
  readonly kind: 'golden';
  readonly answers: number;
  readonly wrong: number;
  readonly pods: number;
  /** The first answer that was not as expected: pod, case, field, what was expected and what came. */
  readonly fault: string | null;
}

/**
 * What one run of a check came to. What could not be measured is repeated with back-off. An `outcome` and a `value` are
 * one measurement of several, by the cadence of the metric; a `verdict` is final for the step.
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
