import { z } from 'zod';
import type { Past, PastSeries, Span } from '../../ports/past.ts';
import { excerpt } from './answer.ts';

/** Maximum number of series in one answer. */
const MOST_SERIES = 20_000;

const Values = z.array(z.tuple([z.number(), z.string()]));
/** Rule of the borders, lower edge, upper edge, count. */
const NativeBucket = z.tuple([z.number(), z.string(), z.string(), z.string()]);
const Histograms = z.array(
  z.tuple([z.number(), z.object({ count: z.string(), buckets: z.array(NativeBucket).optional() })]),
);
const Row = z.object({
  metric: z.record(z.string(), z.string()),
  values: Values.optional(),
  histograms: Histograms.optional(),
});
const Success = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: z.array(Row) }),
});
const Failure = z.object({ status: z.literal('error'), error: z.string() });

const failed = (message: string): Past => ({ kind: 'providerError', message });

/** The values at the times of the span; other than numbers are missing. */
function placed(values: z.infer<typeof Values>, { startMs, stepMs, count }: Span): PastSeries['values'] {
  const all: (number | undefined)[] = Array.from({ length: count });
  for (const [time, text] of values) {
    const value = Number(text.replace('Inf', 'Infinity'));
    const at = Math.round((time * 1_000 - startMs) / stepMs);
    if (Number.isFinite(value) && at >= 0 && at < count) all[at] = value;
  }
  return all;
}

/** The count of the bucket with that upper edge; an omitted bucket is empty. */
function countAt(upper: string, buckets: readonly z.infer<typeof NativeBucket>[]): string {
  return buckets.find(([, , edge]) => edge === upper)?.[3] ?? '0';
}

/**
 * A native histogram as series, as in an instant query: one for each bucket, also for omitted ones, with its upper edge
 * as `__upper__` and its own count, and one for all with `le="+Inf"`.
 */
function nativeSeries(
  metric: Readonly<Record<string, string>>,
  histograms: z.infer<typeof Histograms>,
  span: Span,
): PastSeries[] {
  const edges = new Set(histograms.flatMap(([, { buckets = [] }]) => buckets.map(([, , upper]) => upper)));
  const all = histograms.map(([time, { count }]): [number, string] => [time, count]);
  return [
    ...[...edges].map((upper): PastSeries => {
      const own = histograms.map(([time, { buckets = [] }]): [number, string] => [
        time,
        countAt(upper, buckets),
      ]);
      return { labels: { ...metric, __upper__: upper }, values: placed(own, span) };
    }),
    { labels: { ...metric, le: '+Inf' }, values: placed(all, span) },
  ];
}

function seriesOf({ metric, values, histograms }: z.infer<typeof Row>, span: Span): PastSeries[] {
  if (values !== undefined) return [{ labels: metric, values: placed(values, span) }];
  return histograms === undefined ? [] : nativeSeries(metric, histograms, span);
}

/** The answer to a range query, at the times of the span; any other answer is explained. */
export function pastOf(body: unknown, span: Span): Past {
  const failure = Failure.safeParse(body);
  if (failure.success) return failed(`Prometheus refuses the query: ${excerpt(failure.data.error)}`);
  const parsed = Success.safeParse(body);
  if (!parsed.success) return failed('the answer is not of the query API of Prometheus: check the URL');
  const { resultType, result } = parsed.data.data;
  if (resultType !== 'matrix') return failed(`the query gives a ${excerpt(resultType)}: select counters`);
  if (result.length > MOST_SERIES)
    return failed(`the query gives ${result.length} series, at most ${MOST_SERIES} are read`);
  if (result.length === 0) return { kind: 'noData', message: 'the query gives no series' };
  return { kind: 'series', series: result.flatMap((row) => seriesOf(row, span)) };
}
