import { originOf } from '../analysis/evidence/counter.ts';
import { edgeOf } from '../analysis/evidence/histogram.ts';
import type { ArmQuery } from '../analysis/evidence/sample.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { Past, PastSeries } from '../ports/past.ts';

/**
 * The requests of one pod in each window of the past, by category; null if it did not exist. The categories of errors
 * are good and bad ones, those of latency the buckets (each request in one), those of drift the classes.
 */
export interface PodCounts {
  readonly pod: string;
  readonly windows: readonly (readonly number[] | null)[];
}

/** The past of one metric, by pod. */
export interface MetricCounts {
  readonly metric: Metric;
  readonly categories: readonly string[];
  /** The buckets are those of a native histogram. */
  readonly native?: true;
  readonly pods: readonly PodCounts[];
}

/** Why a metric has no past that can be replayed. */
export interface NoCounts {
  readonly metric: string;
  readonly why: string;
}

type Parts = Readonly<Partial<Record<ArmQuery['part'], Past>>>;

/** The pod of a series; the scraped address if Prometheus does not say. */
function podOf({ labels }: PastSeries): string {
  return labels['pod'] ?? labels['instance'] ?? '';
}

function byPod(series: readonly PastSeries[]): Map<string, PastSeries[]> {
  const pods = new Map<string, PastSeries[]>();
  for (const one of series) pods.set(podOf(one), [...(pods.get(podOf(one)) ?? []), one]);
  return pods;
}

/** The processes that restarted in window `at`: one of their counters fell. */
function restartedAt(series: readonly PastSeries[], at: number): ReadonlySet<string> {
  const fell = series.filter(({ values }) => (values[at + 1] ?? Infinity) < (values[at] ?? 0));
  return new Set(fell.map(({ labels }) => originOf(labels)));
}

/** The increase of counters in window `at`, as in `growth`: those of a restarted process began at zero. */
function grown(series: readonly PastSeries[], restarted: ReadonlySet<string>, at: number): number {
  return series.reduce((sum, { labels, values }) => {
    const from = restarted.has(originOf(labels)) ? 0 : (values[at] ?? 0);
    return sum + (values[at + 1] ?? from) - from;
  }, 0);
}

type Total = (series: readonly PastSeries[]) => number;

/** Counts in each window; `all` are the series of one pod, which show when its processes restarted. */
function windowsOf(
  all: readonly PastSeries[],
  count: number,
  into: (total: Total) => readonly number[] | null,
): PodCounts['windows'] {
  return Array.from({ length: count }, (_, at) => {
    const isThere = all.some(({ values }) => values[at] !== undefined && values[at + 1] !== undefined);
    const restarted = restartedAt(all, at);
    return isThere ? into((series) => grown(series, restarted, at)) : null;
  });
}

function errorCounts(
  metric: Metric,
  requests: readonly PastSeries[],
  failures: readonly PastSeries[],
  count: number,
): MetricCounts {
  const failed = byPod(failures);
  const pods = [...byPod(requests)].map(([pod, series]): PodCounts => {
    const bads = failed.get(pod) ?? [];
    const windows = windowsOf([...series, ...bads], count, (total) => {
      const all = total(series);
      const bad = Math.min(all, total(bads));
      return [all - bad, bad];
    });
    return { pod, windows };
  });
  return { metric, categories: ['good', 'bad'], pods };
}

/** Edges that every histogram has, as they are written, ascending. */
function edgesOf(
  series: readonly PastSeries[],
  unit: 's' | 'ms' | 'us',
): { le: string; edge: number }[] | null {
  const found = new Map<number, { le: string; count: number }>();
  for (const { labels } of series) {
    const { le = '' } = labels;
    const edge = edgeOf(labels['le'], unit);
    if (edge === null) return null;
    found.set(edge, { le, count: (found.get(edge)?.count ?? 0) + 1 });
  }
  const most = Math.max(0, ...[...found.values()].map(({ count }) => count));
  return [...found]
    .filter(([, { count }]) => count === most)
    .map(([edge, { le }]) => ({ le, edge }))
    .toSorted((a, b) => a.edge - b.edge);
}

function latencyCounts(
  metric: Metric,
  series: readonly PastSeries[],
  count: number,
): MetricCounts | NoCounts {
  if (series.some(({ labels }) => labels['__upper__'] !== undefined))
    return nativeCounts(metric, series, count);
  const unit = metric.latency?.unit ?? 's';
  const edges = edgesOf(series, unit);
  if (edges === null) return { metric: metric.name, why: 'a series has no label le, or it is no number' };
  if (edges.at(-1)?.edge !== Number.POSITIVE_INFINITY)
    return { metric: metric.name, why: 'a histogram has no bucket le="+Inf"' };
  const pods = [...byPod(series)].map(([pod, ours]): PodCounts => {
    const byEdge = edges.map(({ edge }) => ours.filter(({ labels }) => edgeOf(labels['le'], unit) === edge));
    const windows = windowsOf(ours, count, (total) => {
      let below = 0;
      return byEdge.map((of) => {
        const within = Math.max(0, total(of) - below);
        below += within;
        return within;
      });
    });
    return { pod, windows };
  });
  return { metric, categories: edges.map(({ le }) => le), pods };
}

/**
 * The same for native histograms, in which each bucket has its own count. If the buckets grow by more than the total,
 * the histogram has changed its resolution, and the window is unknown.
 */
function nativeCounts(metric: Metric, series: readonly PastSeries[], count: number): MetricCounts {
  const unit = metric.latency?.unit ?? 's';
  const edge = (upper: string): number => edgeOf(upper, unit) ?? Number.POSITIVE_INFINITY;
  const uppers = [...new Set(series.flatMap(({ labels: { __upper__: upper } }) => upper ?? []))];
  const sorted = uppers.toSorted((a, b) => edge(a) - edge(b));
  const pods = [...byPod(series)].map(([pod, ours]): PodCounts => {
    const byEdge = sorted.map((upper) => ours.filter(({ labels }) => labels['__upper__'] === upper));
    const whole = ours.filter(({ labels }) => labels['le'] === '+Inf');
    const windows = windowsOf(ours, count, (total) => {
      const within = byEdge.map((of) => total(of));
      const above = total(whole) - within.reduce((a, b) => a + b, 0);
      return above < 0 ? null : [...within, above];
    });
    return { pod, windows };
  });
  return { metric, categories: [...sorted, '+Inf'], native: true, pods };
}

function driftCounts(metric: Metric, series: readonly PastSeries[], count: number): MetricCounts | NoCounts {
  const label = metric.drift?.label ?? '';
  if (series.some(({ labels }) => labels[label] === undefined))
    return { metric: metric.name, why: `a series has no label ${label}` };
  const categories = [...new Set(series.map(({ labels }) => labels[label] ?? ''))].toSorted();
  const pods = [...byPod(series)].map(([pod, ours]): PodCounts => {
    const byClass = categories.map((name) => ours.filter(({ labels }) => labels[label] === name));
    return { pod, windows: windowsOf(ours, count, (total) => byClass.map((of) => total(of))) };
  });
  return { metric, categories, pods };
}

/** The counts of a metric in `count` windows of the past, from what its queries gave, or why there are none. */
export function countsOf(metric: Metric, parts: Parts, count: number): MetricCounts | NoCounts {
  const main = parts.requests ?? parts.buckets ?? parts.counters;
  if (main === undefined) return { metric: metric.name, why: 'its queries were not asked' };
  if (main.kind !== 'series') return { metric: metric.name, why: main.message };
  const { failures } = parts;
  if (failures?.kind === 'providerError') return { metric: metric.name, why: failures.message };
  if (metric.errors !== undefined)
    return errorCounts(metric, main.series, failures?.kind === 'series' ? failures.series : [], count);
  if (metric.latency !== undefined) return latencyCounts(metric, main.series, count);
  return driftCounts(metric, main.series, count);
}

/** The past of a number: its value at the end of each window. */
export interface PastValues {
  readonly metric: Metric;
  readonly values: readonly (number | undefined)[];
}

/** The numbers that the query of a metric gave at the end of each of `count` windows, or why there are none. */
export function valuesOf(metric: Metric, past: Past | undefined, count: number): PastValues | NoCounts {
  if (past === undefined) return { metric: metric.name, why: 'its query was not asked' };
  if (past.kind !== 'series') return { metric: metric.name, why: past.message };
  const [one, ...others] = past.series;
  if (others.length > 0)
    return { metric: metric.name, why: `its query gives ${past.series.length} series and must give one` };
  return { metric, values: Array.from({ length: count }, (_, at) => one?.values[at + 1]) };
}

/** Whether the requests of a metric can be split into two arms. */
export function isShare({ errors, latency, drift }: Metric): boolean {
  return errors !== undefined || latency !== undefined || drift !== undefined;
}
