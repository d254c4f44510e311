import type { Verdict } from '../api/release/analysis-state.ts';

/** The verdict over all metrics. */
export interface AnalysisView {
  /** Null before the first window. */
  readonly verdict: Verdict | null;
  /** The step of the verdict: until a step has its traffic, the previous one. */
  readonly of: 'this step' | 'the step before' | 'the last step';
  /** Whether the step is being judged at this moment. */
  readonly isJudging: boolean;
  /** Windows of that step, and how many of them had no data. */
  readonly windows: number;
  readonly withoutData: number;
  /** The load of the pods of both versions; absent while there are too few requests. */
  readonly load?: { readonly isUneven: boolean; readonly text: string };
}

/** Requests of a version since the step began. */
export interface CountsView {
  readonly events: number;
  readonly bad: number;
}

/** One metric: its verdict and its numbers. */
export interface MetricView {
  readonly name: string;
  readonly verdict: Verdict;
  /** The verdict in one sentence, with numbers. */
  readonly message: string;
  /** What is allowed; empty if the policy lacks the metric. */
  readonly rule: string;
  /** It does not count (dryRun). */
  readonly isDryRun: boolean;
  readonly windows: number;
  readonly canary: CountsView;
  readonly stable: CountsView;
  /** Rate of bad events of the canary in its first half-minutes, oldest first. */
  readonly course: readonly number[];
}
