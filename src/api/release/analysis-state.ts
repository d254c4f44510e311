import { z } from 'zod';
import { MOST_COVARIATES } from '../analysis/covariate.ts';
import { Timestamp } from '../meta.ts';

const VERDICTS = ['pass', 'fail', 'inconclusive', 'noData', 'providerError'] as const;

export const Verdict = z.enum(VERDICTS);

export type Verdict = z.infer<typeof Verdict>;

/** Counts of one version since the step began: bad events among events. */
export const ArmCounts = z.object({
  events: z.number().min(0).describe('Requests.'),
  bad: z
    .number()
    .min(0)
    .describe('Failed ones, or ones slower than the bucket edge that is compared with stable.'),
  over: z
    .number()
    .min(0)
    .optional()
    .describe('Requests slower than the bound of the latency, where the metric has one.'),
  quantile: z.number().optional().describe('Latency at the quantile in the last window, in seconds.'),
});

export type ArmCounts = z.infer<typeof ArmCounts>;

/** Running mean and variance of a figure over windows. */
export const Moments = z.object({
  windows: z.int().min(0).describe('Windows that went in.'),
  mean: z.number().describe('Mean over the windows.'),
  squares: z.number().describe('Sum of the squared distances from the mean.'),
});

export type Moments = z.infer<typeof Moments>;

/** Logarithms of likelihood ratios against one hypothesis, one for each strength of fault. */
const LogRatios = z.array(z.number()).max(8);

/** Bad events among events. */
const Tally = z.object({
  events: z.number().min(0).describe('Requests.'),
  bad: z.number().min(0).describe('Bad ones.'),
});

/** Number of spans that are kept for each metric. */
export const MOST_SPANS = 24;

/**
 * Counts of several windows: the length in seconds, requests and bad ones of the canary and of stable, and, where other
 * requests are bad for the absolute bound than for the comparison, the same four for the bound.
 */
const SpanCounts = z.array(z.number().min(0)).min(5).max(9);

/** The counts of a metric over the whole release, in bounded size: long ago they are coarse. */
export const Series = z.object({
  spans: z
    .array(SpanCounts)
    .max(MOST_SPANS)
    .describe(
      'Oldest first, the newest still open: seconds, requests and bad ones of the canary, of stable, and the same four for the bound where it has bad requests of its own.',
    ),
  merged: z.int().min(0).describe('Spans that have been put together with others.'),
});

export type Series = z.infer<typeof Series>;

/** What is known about one class of answers. */
const DriftClass = z.object({
  name: z.string().max(256).describe('Value of the label.'),
  canary: z.number().min(0).describe('Answers of the canary since the step began.'),
  stable: z.number().min(0).describe('Answers of stable since the step began.'),
  openCanary: z.number().min(0).describe('Answers of the canary in the block that is not complete yet.'),
  openStable: z.number().min(0).describe('Answers of stable in that block.'),
  more: LogRatios.describe('Against "the canary does not answer it more often than stable".'),
  less: LogRatios.describe('Against "the canary does not answer it less often than stable".'),
  difference: Moments.describe('Difference of the shares of canary and stable by block.'),
});

export type DriftClass = z.infer<typeof DriftClass>;

/** What is known about the answers of both versions over the whole release. */
export const Drift = z.object({
  blocks: z.int().min(0).describe('Complete blocks of windows since the release began.'),
  seconds: z.number().min(0).describe('Length of the block that is not complete yet.'),
  classes: z.array(DriftClass).max(16).describe('By class; what is beyond 15 classes is one.'),
});

export type Drift = z.infer<typeof Drift>;

/** A test of a rate against a limit. */
export const Against = z.object({
  blocks: z.int().min(0).describe('Complete blocks.'),
  ratios: LogRatios.describe('Against "the rate is within the limit".'),
  open: Tally.extend({ seconds: z.number().min(0).describe('Length of its windows in all.') }).describe(
    'The block that is not complete yet.',
  ),
});

export type Against = z.infer<typeof Against>;

/** Maximum number of blocks of stable that are kept. */
export const MOST_BLOCKS = 20;

/** What stable counted while it had traffic, for the time when the canary has all of it. */
export const Earlier = z.object({
  windows: z.int().min(0).describe('Windows in which stable had data.'),
  until: Timestamp.describe('End of the newest of them.'),
  blocks: z
    .array(Tally.extend({ seconds: z.number().min(0).describe('Length of its windows in all.') }))
    .max(MOST_BLOCKS)
    .describe('The newest blocks of half a minute or more, oldest first.'),
  alone: Against.optional().describe(
    'The test of the canary against it. Absent before the canary has all traffic.',
  ),
});

export type Earlier = z.infer<typeof Earlier>;

const Pair = z.object({ canary: Tally.describe('The canary.'), stable: Tally.describe('Stable.') });

/** Which of two versions is better, as far as the counts tell. */
export const Contest = z.object({
  blocks: z.array(Pair).max(MOST_BLOCKS).describe('The newest complete blocks, oldest first.'),
  closed: z.int().min(0).describe('Complete blocks in all.'),
  canaryWorse: LogRatios.describe('Against "the canary has at most the bad requests of stable".'),
  stableWorse: LogRatios.describe('Against "stable has at most the bad requests of the canary".'),
  open: Pair.extend({ seconds: z.number().min(0).describe('Length of its windows in all.') }).describe(
    'The block that is not complete yet.',
  ),
});

export type Contest = z.infer<typeof Contest>;

/** The result of one window for a metric; its counts are those of the step until then. */
export const WindowRecord = z.object({
  at: Timestamp.describe('End of the window.'),
  step: z.int().min(0).max(20).describe('Index of the step.'),
  verdict: Verdict.describe('Verdict after this window.'),
  message: z
    .string()
    .max(320)
    .optional()
    .describe('The verdict in one sentence, where it is another than the one before.'),
  canary: ArmCounts.describe('The canary since the step began.'),
  stable: ArmCounts.describe('The stable version since the step began.'),
});

export type WindowRecord = z.infer<typeof WindowRecord>;

/** The measurements of a step, for a metric with a cadence of its own. */
export const Measured = z.object({
  since: Timestamp.describe('Since when the step is being analysed.'),
  at: Timestamp.optional().describe('End of the window in which it was last measured.'),
  outcomes: z
    .string()
    .max(100)
    .optional()
    .describe('Outcomes of the newest measurements, oldest first: p passed, f failed, i inconclusive.'),
  row: z.int().min(0).describe('Measurements that failed, in a row.'),
});

export type Measured = z.infer<typeof Measured>;

/** A sum and what it is divided by, over the newest requests. */
const Ratio = z.object({
  sum: z.number().min(0).describe('The sum.'),
  per: z.number().min(0).describe('What it is divided by.'),
});

export type Ratio = z.infer<typeof Ratio>;

const RatioPair = z.object({ canary: Ratio.describe('The canary.'), stable: Ratio.describe('Stable.') });

export type RatioPair = z.infer<typeof RatioPair>;

/** What the work of both versions explains of their latencies. */
export const Explained = z.object({
  times: z
    .number()
    .min(1)
    .describe('So many times as long as stable may the canary take in the newest window, by its work.'),
  bad: z
    .number()
    .min(0)
    .describe('Slow requests of the canary since the step began that its work does not explain.'),
  load: RatioPair.describe('Requests and seconds of pods.'),
  figures: z
    .array(RatioPair.extend({ name: z.string().max(40).describe('Name of the covariate.') }))
    .max(MOST_COVARIATES)
    .describe('The covariates that have data.'),
});

export type Explained = z.infer<typeof Explained>;

/** Number of windows that are kept for each metric. */
export const MOST_WINDOWS = 20;

/** The accumulated evidence about one metric, in bounded size, so that a restarted controller continues the test. */
export const MetricState = z.object({
  name: z.string().max(63).describe('Name of the metric.'),
  verdict: Verdict.describe('Verdict of the newest window.'),
  message: z.string().max(1024).describe('The verdict in one sentence, with numbers.'),
  windows: z.int().min(0).describe('Windows with data since the step began.'),
  misses: z.int().min(0).describe('Windows without data or with a provider error, in a row.'),
  holds: z
    .enum(['sharedFault', 'cold'])
    .optional()
    .describe(
      'Why it can neither pass nor fail now: stable is beyond the bound as well, or the pods of the canary are cold.',
    ),
  canary: ArmCounts.describe('The canary since the step began.'),
  stable: ArmCounts.describe('The stable version since the step began.'),
  edge: z.number().optional().describe('Bucket edge, in seconds, that stands for the bound.'),
  stableEdge: z
    .number()
    .optional()
    .describe('Bucket edge, in seconds, at which the canary is compared with stable.'),
  series: Series.optional().describe(
    'Counts over the whole release, which the tests are about. Absent before the first window.',
  ),
  explained: Explained.optional().describe(
    'What the work of the versions explains of their latencies. Only of a latency with explainedBy.',
  ),
  cold: z
    .object({
      canary: Tally.describe('Cold pods of the canary.'),
      stable: Tally.describe('Stable in the same windows.'),
    })
    .optional()
    .describe('Counts of cold pods, which only show gross faults. Absent while none is cold.'),
  earlier: Earlier.optional().describe(
    'What stable counted while it had traffic. Only in releases that give the canary all of it.',
  ),
  contest: Contest.optional().describe('Which version is better. Only in releases by abTest.'),
  drift: Drift.optional().describe('The tests of a drift metric over the whole release.'),
  measured: Measured.optional().describe('The measurements of the step, of a metric that has a cadence.'),
  check: z
    .object({
      runs: z.int().min(0).describe('Runs of a check that are taken in.'),
      at: Timestamp.describe('When the newest of them ended.'),
    })
    .optional()
    .describe('How far a check is. Absent before its first run.'),
  history: z
    .array(WindowRecord)
    .max(MOST_WINDOWS)
    .optional()
    .describe('The newest windows of the release, newest last, for display.'),
});

export type MetricState = z.infer<typeof MetricState>;

/** Requests that a pod of either version has answered in a step, on average. */
export const PodLoad = z.object({
  canary: z.number().min(0).describe('Requests of each canary pod since the step began.'),
  stable: z.number().min(0).describe('Requests of each stable pod since the step began.'),
  canaryPods: z.int().min(0).describe('Ready canary pods.'),
  stablePods: z.int().min(0).describe('Ready stable pods.'),
  told: z
    .boolean()
    .describe('Whether a message in this step has said that one is more than twice the other.'),
});

export type PodLoad = z.infer<typeof PodLoad>;

/** Canary pods whose age is known; more of them are taken for warm. */
export const MOST_PODS = 100;

export const AnalysisState = z.object({
  from: Timestamp.optional().describe('End of the newest window; the next one begins here.'),
  windows: z.int().min(0).describe('Windows since the step began.'),
  metrics: z.array(MetricState).max(64).describe('One entry for each metric.'),
  sharedSeconds: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Time of the step in which stable was beyond a bound as well: it does not count against the step.',
    ),
  pods: z
    .array(
      z.object({
        pod: z.string().max(253).describe('Name; empty where the series do not tell pods apart.'),
        since: Timestamp.describe('Beginning of the first window that it was in.'),
      }),
    )
    .max(MOST_PODS)
    .optional()
    .describe('Canary pods with requests, to know which of them are cold.'),
  load: PodLoad.optional().describe('How the load of the pods compares. Absent while too little is counted.'),
});

export type AnalysisState = z.infer<typeof AnalysisState>;
