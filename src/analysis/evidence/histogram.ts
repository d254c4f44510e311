import { type Growth, identityOf } from './counter.ts';

/** Seconds per unit of a bucket edge. */
const SECONDS = { s: 1, ms: 1e-3, us: 1e-6 } as const;
type Unit = keyof typeof SECONDS;
/** Maximum relative distance of a bound from an edge that represents it. */
const NEAR = 0.1;

/** Counts of one arm by latency, over all its pods: `cumulative[i]` requests were not slower than `edges[i]` seconds. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly cumulative: readonly number[];
  readonly total: number;
  /** A native histogram omits empty buckets, so a missing edge counts like the next lower one. */
  readonly native?: boolean;
}

/** The upper edge of a bucket in seconds, `Infinity` for the last one, or null if the label is not a number. */
export function edgeOf(le: string | undefined, unit: Unit): number | null {
  if (le === undefined || le.trim() === '') return null;
  if (le === '+Inf' || le === 'Inf') return Number.POSITIVE_INFINITY;
  const value = Number(le);
  return Number.isNaN(value) ? null : Number((value * SECONDS[unit]).toPrecision(12));
}

/** The buckets of one process: counts up to each edge, `Infinity` for all. */
interface Buckets {
  readonly upTo: Map<number, number>;
  /** Counts between the edges, as in a native histogram. */
  readonly within: Map<number, number>;
}

function notAHistogram(labels: Growth['labels']): string {
  return labels['quantile'] === undefined
    ? 'a series has no label le: latency needs the buckets of a histogram'
    : 'the metric is a summary: its quantiles cannot be added up over pods; use a histogram';
}

function byProcess(series: readonly Growth[], unit: Unit): Buckets[] | string {
  const groups = new Map<string, Buckets>();
  for (const { labels, value } of series) {
    const inner = edgeOf(labels['__upper__'], unit);
    const edge = inner ?? edgeOf(labels['le'], unit);
    if (edge === null) return notAHistogram(labels);
    const key = identityOf(labels, 'le', '__upper__');
    const group = groups.get(key) ?? { upTo: new Map(), within: new Map() };
    (inner === null ? group.upTo : group.within).set(edge, value);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Adds up the counts of a native histogram; a text if they have more than one resolution. */
function addUp({ upTo, within }: Buckets): Map<number, number> | string {
  const total = upTo.get(Number.POSITIVE_INFINITY) ?? 0;
  const added = new Map<number, number>();
  let below = 0;
  for (const [edge, count] of [...within].toSorted(([a], [b]) => a - b)) {
    below += count;
    added.set(edge, below);
  }
  return below > total
    ? 'a native histogram has changed its resolution'
    : added.set(Number.POSITIVE_INFINITY, total);
}

function ascending(edges: Iterable<number>): number[] {
  return [...new Set(edges)].filter(Number.isFinite).toSorted((a, b) => a - b);
}

function summed(edges: readonly number[], total: number, at: (edge: number) => number): Histogram {
  let highest = 0;
  const cumulative = edges.map((edge) => {
    highest = Math.min(total, Math.max(highest, at(edge)));
    return highest;
  });
  return { edges, cumulative, total };
}

function countUpTo(group: ReadonlyMap<number, number>, edge: number): number {
  let count = 0;
  for (const [upper, below] of group) if (upper <= edge && below > count) count = below;
  return count;
}

function nativeOf(groups: readonly Buckets[]): Histogram | string {
  const all: Map<number, number>[] = [];
  for (const group of groups) {
    const added = addUp(group);
    if (typeof added === 'string') return added;
    all.push(added);
  }
  const edges = ascending(all.flatMap((group) => [...group.keys()]));
  const total = all.reduce((sum, group) => sum + (group.get(Number.POSITIVE_INFINITY) ?? 0), 0);
  const at = (edge: number): number => all.reduce((sum, group) => sum + countUpTo(group, edge), 0);
  return { ...summed(edges, total, at), native: true };
}

/**
 * Adds up the buckets of all pods of an arm. Of classic histograms only edges common to all pods are kept; a text if
 * the series are not a histogram. Cumulative counts are made monotonic, since a scrape may happen between two reads.
 */
export function histogramOf(series: readonly Growth[], unit: Unit): Histogram | string {
  const groups = byProcess(series, unit);
  if (typeof groups === 'string') return groups;
  if (groups.some(({ upTo }) => !upTo.has(Number.POSITIVE_INFINITY)))
    return 'a histogram has no bucket le="+Inf"';
  if (groups.some(({ within }) => within.size > 0)) return nativeOf(groups);
  const all = groups.map(({ upTo }) => upTo);
  const edges = ascending(all[0]?.keys() ?? []).filter((edge) => all.every((group) => group.has(edge)));
  const at = (edge: number): number => all.reduce((sum, group) => sum + (group.get(edge) ?? 0), 0);
  return summed(edges, at(Number.POSITIVE_INFINITY), at);
}

/** Requests slower than an edge; null if the histogram lacks it. */
export function slowerThan({ edges, cumulative, total, native }: Histogram, edge: number): number | null {
  const index = native === true ? edges.findLastIndex((one) => one <= edge) : edges.indexOf(edge);
  if (index < 0) return native === true ? total : null;
  return total - (cumulative[index] ?? total);
}

/** The edge nearest to a bound, if it is near enough to represent it. */
export function edgeNear(edges: readonly number[], seconds: number): number | null {
  const nearest = edges.toSorted((a, b) => Math.abs(a - seconds) - Math.abs(b - seconds))[0];
  return nearest !== undefined && Math.abs(nearest - seconds) <= NEAR * seconds ? nearest : null;
}

/** The edge above which the fraction of requests is nearest to `tail`, so that a shift of that quantile shows best. */
export function edgeAtTail(histogram: Histogram, tail: number): number | null {
  const far = (edge: number): number => {
    const share = ((slowerThan(histogram, edge) ?? 0) + 0.5) / (histogram.total + 1);
    return Math.abs(Math.log(share / tail));
  };
  return histogram.edges.toSorted((a, b) => far(a) - far(b))[0] ?? null;
}

/** Latency in seconds below which `1 - tail` of the requests were, interpolated within its bucket, for display. */
export function quantile({ edges, cumulative, total }: Histogram, tail: number): number | undefined {
  if (total === 0 || edges.length === 0) return undefined;
  const rank = total * (1 - tail);
  const index = cumulative.findIndex((count) => count >= rank);
  const upper = edges[index];
  if (upper === undefined) return edges.at(-1);
  const [lower, below] = index === 0 ? [0, 0] : [edges[index - 1] ?? 0, cumulative[index - 1] ?? 0];
  const within = (cumulative[index] ?? 0) - below;
  return within <= 0 ? upper : lower + ((upper - lower) * (rank - below)) / within;
}
