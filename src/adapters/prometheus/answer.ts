import { z } from 'zod';
import type { Sample, Series } from '../../analysis/evidence/sample.ts';

/** Maximum number of series in one answer; a query with more does not select the pods of one version. */
const MOST_SERIES = 20_000;

const Labels = z.record(z.string(), z.string());
const Point = z.tuple([z.number(), z.string()]);
/** Rule of the borders, lower edge, upper edge, count. */
const NativeBucket = z.tuple([z.number(), z.string(), z.string(), z.string()]);
const NativeHistogram = z.tuple([
  z.number(),
  z.object({ count: z.string(), buckets: z.array(NativeBucket).optional() }),
]);
const Result = z.object({
  metric: Labels,
  value: Point.optional(),
  histogram: NativeHistogram.optional(),
});
type Result = z.infer<typeof Result>;

const Success = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: z.array(z.unknown()) }),
  warnings: z.array(z.string()).nullish(),
  /** Set by VictoriaMetrics if a storage node did not answer. */
  isPartial: z.boolean().optional(),
});
const Failure = z.object({ status: z.literal('error'), errorType: z.string().catch(''), error: z.string() });

const providerError = (message: string): Sample => ({ kind: 'providerError', message });

/** At most one line of a foreign text. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function nameOf(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...rest } = labels;
  const listed = Object.entries(rest).map(([label, value]) => `${label}="${value}"`);
  return excerpt(`${name}{${listed.join(',')}}`);
}

/** A value as Prometheus writes it. */
function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/**
 * A native histogram as series: one for each bucket with its upper edge as `__upper__` and its own count, and one for
 * all with `le="+Inf"`.
 */
function nativeSeries(labels: Series['labels'], [, histogram]: z.infer<typeof NativeHistogram>): Series[] {
  const buckets = (histogram.buckets ?? []).map(([, , upper, count]) => ({
    labels: { ...labels, __upper__: upper },
    value: numberOf(count),
  }));
  return [...buckets, { labels: { ...labels, le: '+Inf' }, value: numberOf(histogram.count) }];
}

function seriesOf({ metric, value, histogram }: Result): Series[] {
  if (histogram !== undefined) return nativeSeries(metric, histogram);
  return value === undefined ? [] : [{ labels: metric, value: numberOf(value[1]) }];
}

function vectorOf(results: readonly unknown[]): Sample {
  if (results.length > MOST_SERIES) {
    const message = `the query gives ${results.length} series, at most ${MOST_SERIES} are read: select the pods of one version`;
    return providerError(message);
  }
  const parsed = z.array(Result).safeParse(results);
  if (!parsed.success) return providerError('the answer is not an instant vector as Prometheus writes it');
  const series = parsed.data.flatMap(seriesOf);
  const odd = series.find(({ value }) => !Number.isFinite(value));
  if (odd !== undefined)
    return { kind: 'notANumber', message: `${nameOf(odd.labels)} has the value ${odd.value}` };
  if (series.length === 0) return { kind: 'noData', message: 'the query gives no series' };
  return { kind: 'vector', series };
}

const FIXES: Readonly<Record<string, string>> = {
  matrix: 'a range vector: take the range in brackets away',
  scalar: 'a number without labels: select counters',
  string: 'a string: select counters',
};

/** The sample in the answer to an instant query. Any other answer becomes a sample that explains it. */
export function sampleOf(body: unknown): Sample {
  const failure = Failure.safeParse(body);
  if (failure.success) {
    const { errorType, error } = failure.data;
    return providerError(`Prometheus refuses the query (${errorType}): ${excerpt(error)}`);
  }
  const parsed = Success.safeParse(body);
  if (!parsed.success)
    return providerError('the answer is JSON, but not of the query API of Prometheus: check the URL');
  const { data, warnings, isPartial } = parsed.data;
  if (data.resultType !== 'vector') {
    const what = FIXES[data.resultType] ?? excerpt(data.resultType);
    return providerError(`the query gives ${what}`);
  }
  const warning = warnings?.[0];
  if (warning !== undefined)
    return providerError(`Prometheus warns that the answer may be incomplete: ${excerpt(warning)}`);
  if (isPartial === true)
    return providerError('the answer is partial: a storage node of VictoriaMetrics did not answer');
  return vectorOf(data.result);
}
