import type { Field } from '../ledger/ledger.ts';
import { queryByPods } from '../promql/pods.ts';
import { shareOf } from '../promql/shares.ts';
import {
  ARG,
  boundsOf,
  type Conditions,
  cadenceOf,
  conditionsOf,
  type Metric,
  type MetricContext,
  remarkConditions,
  remarkLimits,
} from './metric.ts';

const LONGEST_QUERY = 4_096;
const LONG = 'is longer than 4,096 characters: record it by a rule of Prometheus, and ask for that';

/** Whether the value of a matcher names a version, itself or by an argument. */
function versionNamer({ template, uses }: MetricContext): (value: string) => boolean {
  return (value) =>
    uses.namesVersion(value) ||
    [...value.matchAll(ARG)].some(([, name = '']) => uses.isOfVersion(template, name));
}

/** How a bound on an average became one on shares, for people. */
function shareRemark(share: {
  readonly max: string;
  readonly latency?: { readonly quantile: string };
}): string {
  const bound =
    share.latency === undefined
      ? `at most ${share.max} may fail`
      : `p${share.latency.quantile.replace('%', '')} at most ${share.max}, which must be an edge of the histogram`;
  return `was an average held against a bound now and then, and is a share of requests tested in every window, on counters of the pods: ${bound}; one bad window by chance rolls nothing back`;
}

function unusedCadence(metric: Field): void {
  for (const key of ['interval', 'count', 'initialDelay'])
    metric
      .at(key)
      .remark(
        'shares are judged in every window: analysis.interval, analysis.minWindows, analysis.minRequests and analysis.warmup of the Rollout',
      );
  metric
    .at('failureLimit')
    .remark(
      'a share fails by a test with a known rate of false alarms (analysis.falseAbortRate), not by a number of failed measurements',
    );
}

const SOURCE_FIELDS: Readonly<Record<string, string>> = {
  address:
    'which server is asked is set at the controller: --prometheus-url, or a source of --metrics-sources that the metric names (source)',
  timeout: 'is set at the controller: --prometheus-timeout, or at the source',
  insecure: 'is set at the source of --metrics-sources (caFile); certificates are always checked',
  headers: 'are not sent: a tenant or a token belongs to the source, --metrics-sources',
  authentication: 'belongs to the source: --metrics-sources, with a token or a password from a file',
};

function sourceFields(provider: Field): void {
  provider.at('address').remark(SOURCE_FIELDS['address'] ?? '');
  provider.at('timeout').remark(SOURCE_FIELDS['timeout'] ?? '');
  for (const key of ['insecure', 'headers', 'authentication'])
    provider.at(key).refuse(SOURCE_FIELDS[key] ?? '');
  provider
    .at('rangeQuery')
    .refuse('Sluice asks instant queries alone: write a subquery, such as max_over_time(…[5m:])');
}

interface Read {
  readonly metric: Field;
  readonly to: string;
  readonly query: string;
  readonly conditions: Conditions;
}

/** A number of a query; null where what tells versions apart is no label of pods. */
function valueOf({ metric, to, query, conditions }: Read, context: MetricContext): object | null {
  const field = metric.at('provider', 'prometheus', 'query');
  const selected = queryByPods(query, versionNamer(context));
  if ('problem' in selected || query.length > LONGEST_QUERY) {
    field.refuse('problem' in selected ? selected.problem : LONG);
    return null;
  }
  const place = `${to}.value.query`;
  if (selected.isChanged)
    field.remark(
      'what named the version by its Service or hash names its pods now: namespace="{{namespace}}",pod=~"{{pods}}"',
      place,
    );
  else if (/\{\{(?:pods|hash|subset|arm)\}\}|pod=~/.test(query)) field.keep(place);
  else
    field.remark(
      'names no version, so it measures both together: select by pod=~"{{pods}}" where it is about the canary',
      place,
    );
  const cadence = cadenceOf(metric, context, `${to}.value`);
  remarkConditions(metric, conditions, to);
  return { ...boundsOf(conditions), value: { query: selected.query, ...cadence } };
}

/** Shares of requests, where the query is one of them; else a number. */
function judgedOf(read: Read, context: MetricContext): object | null {
  const { metric, to, query, conditions } = read;
  const { success, failure } = conditions;
  const share = shareOf(query, success?.range ?? failure?.range ?? {});
  if (share === null) return valueOf(read, context);
  metric.at('provider', 'prometheus', 'query').remark(shareRemark(share), to);
  remarkConditions(metric, conditions, `${to}.max`);
  if (success !== undefined)
    metric
      .at('failureCondition')
      .remark(
        'a share has one bound, that of successCondition; between the two the source is inconclusive',
        `${to}.max`,
      );
  unusedCadence(metric);
  return share;
}

/** A metric of Prometheus. */
export function prometheusMetric(
  metric: Field,
  name: string,
  context: MetricContext,
  to: string,
): Metric | null {
  const provider = metric.at('provider', 'prometheus');
  const query = provider.at('query').text();
  const conditions = conditionsOf(metric, context);
  sourceFields(provider);
  remarkLimits(metric);
  if (query === undefined || provider.at('rangeQuery').isGiven) return null;
  if (conditions.success === undefined && conditions.failure === undefined) {
    provider
      .at('query')
      .refuse(
        'has no condition that could be carried over, so nothing could fail: give the metric max or min',
      );
    return null;
  }
  const judged = judgedOf({ metric, to, query, conditions }, context);
  if (judged === null) return null;
  const isIgnored = conditions.success?.holdsWithoutData === true;
  return {
    name,
    ...judged,
    ...(context.dryRun && { dryRun: true }),
    ...(isIgnored && { onNoData: 'ignore' }),
  };
}
