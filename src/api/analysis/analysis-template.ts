import { z } from 'zod';
import type { KubeObject } from '../meta.ts';
import { cadenced } from '../rollout/cadence.ts';
import { listMap, matching, rules } from '../rules.ts';
import { Golden, Shadow } from './check.ts';
import { ExplainedBy } from './covariate.ts';
import { JobMetric } from './job-metric.ts';
import { Parameter, SourceName, TemplateRef } from './template-ref.ts';
import { WebhookMetric } from './webhook-metric.ts';

/** PromQL with `{{…}}` variables. Label values are escaped. */
const Promql = z.string().min(1).max(4096);

const Bound = z.string().min(1).max(64);

/** What the value of a metric may be. */
export const MetricBounds = z.object({
  name: z.string().min(1).max(63).describe('Name of the metric.'),
  max: Bound.optional().describe(
    'Absolute bound: a share such as 1% for errors, a duration such as 250ms for latency (an edge of a histogram bucket), a number for a value.',
  ),
  maxIncrease: Bound.optional().describe(
    'How much worse than stable the share of bad requests may be: 1pp is percentage points, 20% is relative. For drift, how far the share of any class may be from stable, in percentage points.',
  ),
  min: Bound.optional().describe('Lowest number of a value. A value takes max as a number, too.'),
  failure: z
    .object({
      max: Bound.optional().describe('A number above it is a failure.'),
      min: Bound.optional().describe('A number below it is a failure.'),
    })
    .optional()
    .describe(
      'Where a value fails; what is neither that nor within max and min is inconclusive: the step waits for better ones. Default: all that is not within max and min is a failure.',
    ),
});
export type MetricBounds = z.infer<typeof MetricBounds>;

/** Requests and failures, each a counter. */
const ErrorCounters = z.object({
  requests: Promql.describe('Instant vector of raw counters of requests (no rate, no increase).'),
  failures: Promql.describe('Instant vector of raw counters of failed requests.'),
});

/** A classic histogram; requests slower than the bound are counted exactly. */
const LatencyHistogram = z.object({
  buckets: Promql.describe('Instant vector of raw bucket counters with the label le (no rate, no increase).'),
  unit: z.enum(['s', 'ms', 'us']).default('s').describe('Unit of the label le.'),
  quantile: matching(
    /^[1-9][0-9]?(\.[0-9]+)?%$/,
    16,
    'must be a quantile in percent: write it like 95% or 99.9%',
  )
    .default('95%')
    .describe('Quantile that the bound is about: 95% means that at most 5% may be slower.'),
  explainedBy: ExplainedBy,
});

/** Predictions by class: what the model answers, compared with stable. */
const DriftCounters = z.object({
  counters: Promql.describe(
    'Instant vector of raw counters of answers by class (no rate, no increase), such as classes, score ranges or finish reasons.',
  ),
  label: z
    .string()
    .min(1)
    .max(63)
    .describe(
      'Label that holds the class. At most 15 classes are counted separately; all others count as one.',
    ),
});

/** Any number that PromQL can give, compared with fixed bounds. */
const ValueQuery = cadenced({
  query: Promql.describe('Instant query that gives one number for the canary, asked at the end of a window.'),
});

/** One metric of a template. */
const MetricFields = MetricBounds.extend({
  errors: ErrorCounters.optional().describe('Share of failed requests.'),
  latency: LatencyHistogram.optional().describe('Share of slow requests.'),
  drift: DriftCounters.optional().describe('Shares of the classes that the model answers with.'),
  value: ValueQuery.optional().describe('A number with fixed bounds, for all that is no share of requests.'),
  golden: Golden.optional().describe(
    'Requests with expected answers, sent to the canary pods before they get any traffic.',
  ),
  shadow: Shadow.optional().describe('A recorded sample of requests, sent to both versions and compared.'),
  webhook: WebhookMetric.optional().describe('A verdict or a number of a system outside, asked by POST.'),
  job: JobMetric.optional().describe('A Kubernetes Job: exit code 0 passes.'),
  onNoData: z
    .enum(['wait', 'abort', 'ignore'])
    .default('wait')
    .describe(
      'What a window without data means, or a check without an answer: wait for it, roll back after three in a row, or leave the metric out.',
    ),
  source: SourceName.optional().describe(
    'Source that its queries go to: prometheus, pods (scraped without Prometheus), or one of the sources that the controller is given. Default: what the controller is set to.',
  ),
  dryRun: z.boolean().default(false).describe('Shown, never counted.'),
});
/** The source of a metric's values. */
const SOURCES = ['errors', 'latency', 'drift', 'value', 'golden', 'shadow', 'webhook', 'job'] as const;
const ONE_SOURCE = `must have exactly one of ${SOURCES.slice(0, -1).join(', ')} and ${SOURCES.at(-1)}`;

/** One metric, with exactly one of `SOURCES`. */
export const Metric = MetricFields.refine(
  (metric) => SOURCES.filter((source) => metric[source] !== undefined).length === 1,
  ONE_SOURCE,
).meta(
  rules({
    rule: `[${SOURCES.map((source) => `has(self.${source})`).join(', ')}].filter(one, one).size() == 1`,
    message: ONE_SOURCE,
  }),
);
export type Metric = z.infer<typeof Metric>;

const NOTHING = 'must have metrics or templates';

export const AnalysisTemplateSpec = z
  .object({
    description: z
      .string()
      .max(2048)
      .optional()
      .describe('What it measures and what the server must expose.'),
    args: z.array(Parameter).max(32).meta(listMap('name')).optional().describe('Arguments.'),
    metrics: z
      .array(Metric)
      .min(1)
      .max(16)
      .meta(listMap('name'))
      .optional()
      .describe('What is measured. Needed unless it includes other templates.'),
    templates: z
      .array(TemplateRef)
      .min(1)
      .max(8)
      .meta(listMap('kind', 'name'))
      .optional()
      .describe(
        'Templates that it includes, at most three deep. Their arguments may have its own in them, as {{args.NAME}}. A ClusterAnalysisTemplate can include its own kind only.',
      ),
  })
  .refine(({ metrics, templates }) => metrics !== undefined || templates !== undefined, NOTHING)
  .meta(rules({ rule: 'has(self.metrics) || has(self.templates)', message: NOTHING }));
export type AnalysisTemplateSpec = z.infer<typeof AnalysisTemplateSpec>;

/** An AnalysisTemplate or ClusterAnalysisTemplate as it is stored. */
export interface AnalysisTemplate extends KubeObject {
  kind: 'AnalysisTemplate' | 'ClusterAnalysisTemplate';
  spec: AnalysisTemplateSpec;
}
