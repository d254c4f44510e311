import { z } from 'zod';
import type { Past, PastSeries, Span } from '../replay/past.ts';
import { excerpt } from './answer.ts';

/** Series that one answer may have. */
const MOST_SERIES = 20_000;

const Row = z.object({
  metric: z.record(z.string(), z.string()),
  values: z.array(z.tuple([z.number(), z.string()])).optional(),
});
const Success = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: z.array(Row) }),
});
const Failure = z.object({ status: z.literal('error'), error: z.string() });

const failed = (message: string): Past => ({ kind: 'providerError', message });

function seriesOf({ metric, values }: z.infer<typeof Row>, { startMs, stepMs, count }: Span): PastSeries {
  const all: (number | undefined)[] = Array.from({ length: count });
  for (const [time, text] of values ?? []) {
    const value = Number(text.replace('Inf', 'Infinity'));
    const at = Math.round((time * 1_000 - startMs) / stepMs);
    if (Number.isFinite(value) && at >= 0 && at < count) all[at] = value;
  }
  return { labels: metric, values: all };
}

/** The answer to a range query, at the times of the span. Whatever is not one says what it is. */
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
  if (result.every(({ values }) => values === undefined))
    return failed('native histograms cannot be replayed: use a classic one');
  return { kind: 'series', series: result.map((row) => seriesOf(row, span)) };
}
