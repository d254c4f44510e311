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
  /** Metrics whose source does not answer while the step is judged, and when it did last; without `until`, in no kept window. */
  readonly silent?: { readonly metrics: readonly string[]; readonly until?: string };
  /** Why the versions do not answer the same requests; absent where chance alone divides them. */
  readonly basis?: string;
  /** The load of the pods of both versions; absent while there are too few requests. */
  readonly load?: { readonly isUneven: boolean; readonly text: string };
}

/** What is known of a metric before a release: learnt from the past of the workload, or set in the policy. */
export interface CalibrationView {
  readonly metric: string;
  readonly source: 'learnt' | 'policy';
  /** Rate of bad requests of a good version, 0 to 1. */
  readonly base?: number | undefined;
  /** How much the rate of a version varies in time beyond chance, as a coefficient of variation … */
  readonly variation?: number | undefined;
  /** … and for how many seconds at a time. */
  readonly lasts?: number | undefined;
  /** How much pods differ for good, as a coefficient of variation. */
  readonly pods?: number | undefined;
  /** Seconds until a new pod is like the older ones. */
  readonly coldStart?: number | undefined;
  /** All of it in one sentence, without the name of the metric. */
  readonly text: string;
}

/** Requests of a version since the step began. */
export interface CountsView {
  readonly events: number;
  readonly bad: number;
}

/** Requests of the canary since the release began, as one metric counts them. */
export interface MetricExposure {
  readonly metric: string;
  readonly requests: number;
  readonly bad: number;
  /** How many would have been bad at the rate of stable; absent without requests to stable. */
  readonly asStable?: number;
}

/** What users have been exposed to so far. */
export interface ExposureView {
  /** Requests that the canary has answered, by the metric that counts most. */
  readonly requests: number;
  readonly metrics: readonly MetricExposure[];
  /** All of it in one sentence. */
  readonly text: string;
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
