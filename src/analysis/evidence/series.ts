import { MOST_SPANS, type Series } from '../../api/release/analysis-state.ts';
import type { BucketCounts } from './bucket-counts.ts';
import type { Span, Tally } from './tally.ts';

/** A span is open until it has this length: shorter ones tell no more, since bursts last. */
const SPAN_SECONDS = 30;
/** Newest spans that are never merged: a fault may have begun with any of them. */
const FINE = 9;

/** Before the first window. */
export const NO_SERIES: Series = { spans: [], merged: 0 };

type Row = Series['spans'][number];

/** Counts of stable; null where it has none. */
type Others = BucketCounts | null;

function compared(canary: BucketCounts, stable: Others): number[] {
  if (canary.bad === null || stable === null || stable.bad === null) return [0, 0, 0, 0];
  return [canary.events, canary.bad, stable.events, stable.bad];
}

function bounded(canary: BucketCounts, stable: Others): number[] {
  if (canary.over === null) return [0, 0, 0, 0];
  const others = stable === null || stable.over === null ? [0, 0] : [stable.events, stable.over];
  return [canary.events, canary.over, ...others];
}

function rowOf(canary: BucketCounts, stable: Others, seconds: number): Row {
  const [one, other] = [compared(canary, stable), bounded(canary, stable)];
  const same = canary.over === null || one.every((count, at) => count === other[at]);
  return [seconds, ...one, ...(same ? [] : other)];
}

const rounded = (count: number): number => Number(count.toPrecision(9));

/** A row without counts of its own for the bound has the same there as in the comparison. */
function sum(a: Row, b: Row): Row {
  const full = (row: Row): Row => (row.length > 5 || a.length === b.length ? row : [...row, ...row.slice(1)]);
  const [one, other] = [full(a), full(b)];
  return one.map((count, at) => rounded(count + (other[at] ?? 0)));
}

/** The two neighbours that are shortest together, among the older half. */
function shortestPair(rows: readonly Row[]): number {
  let best = 0;
  const length = (at: number): number => (rows[at]?.[0] ?? 0) + (rows[at + 1]?.[0] ?? 0);
  for (let at = 1; at < rows.length - FINE; at++) if (length(at) < length(best)) best = at;
  return best;
}

function merged({ spans, merged: before }: Series): Series {
  if (spans.length <= MOST_SPANS) return { spans, merged: before };
  const at = shortestPair(spans);
  const pair = sum(spans[at] ?? [], spans[at + 1] ?? []);
  return { spans: spans.toSpliced(at, 2, pair), merged: before + 1 };
}

/** The series with one more window of `seconds`. Without stable, or before an edge is chosen, only the bound is counted. */
export function addWindow(before: Series, canary: BucketCounts, stable: Others, seconds: number): Series {
  const row = rowOf(canary, stable, seconds);
  const open = before.spans.at(-1);
  if (open !== undefined && (open[0] ?? 0) < SPAN_SECONDS)
    return { ...before, spans: [...before.spans.slice(0, -1), sum(open, row)] };
  return merged({ ...before, spans: [...before.spans, row] });
}

const tallyAt = (row: Row, at: number): Tally => ({ events: row[at] ?? 0, bad: row[at + 1] ?? 0 });

function spansFrom({ spans }: Series, first: number): Span[] {
  return spans.map((row): Span => {
    const from = row.length > first ? first : 1;
    return { seconds: row[0] ?? 0, canary: tallyAt(row, from), stable: tallyAt(row, from + 2) };
  });
}

/** What is compared with stable. */
export const comparedIn = (series: Series): Span[] => spansFrom(series, 1);

/** What is held against the absolute bound. */
export const boundedIn = (series: Series): Span[] => spansFrom(series, 5);
