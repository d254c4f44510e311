import { type Growth, identityOf } from './counter.ts';

/** Seconds for each unit that a bucket edge can be in. */
const SECONDS = { s: 1, ms: 1e-3, us: 1e-6 } as const;
/** A bound counts as an edge where it is this close to one. */
const NEAR = 0.1;

/** Counts of one arm by latency, over all its pods: `cumulative[i]` requests were not slower than `edges[i]` seconds. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly cumulative: readonly number[];
  readonly total: number;
}

/** The upper edge of a bucket in seconds, `Infinity` for the last one, or null where the label is no number. */
export function edgeOf(le: string | undefined, unit: keyof typeof SECONDS): number | null {
  if (le === undefined || le.trim() === '') return null;
  if (le === '+Inf' || le === 'Inf') return Number.POSITIVE_INFINITY;
  const value = Number(le);
  return Number.isNaN(value) ? null : Number((value * SECONDS[unit]).toPrecision(12));
}

function byProcess(
  series: readonly Growth[],
  unit: keyof typeof SECONDS,
): Map<string, Map<number, number>> | string {
  const groups = new Map<string, Map<number, number>>();
  for (const { labels, value } of series) {
    const edge = edgeOf(labels['le'], unit);
    if (edge === null) {
      return labels['quantile'] === undefined
        ? 'a series has no label le: latency needs the buckets of a histogram'
        : 'the metric is a summary: its quantiles cannot be added up over pods; use a histogram';
    }
    const key = identityOf(labels, 'le');
    const group = groups.get(key) ?? new Map<number, number>();
    groups.set(key, group.set(edge, value));
  }
  return groups;
}

/**
 * Adds up the buckets of all pods of an arm. Only edges that every pod has are kept; text where the series are no
 * histogram. Cumulative counts are made monotonic, since buckets of one pod may be read around a scrape.
 */
export function histogramOf(series: readonly Growth[], unit: keyof typeof SECONDS): Histogram | string {
  const groups = byProcess(series, unit);
  if (typeof groups === 'string') return groups;
  const all = [...groups.values()];
  if (all.some((group) => !group.has(Number.POSITIVE_INFINITY))) return 'a histogram has no bucket le="+Inf"';
  const shared = [...(all[0]?.keys() ?? [])].filter((edge) => all.every((group) => group.has(edge)));
  const edges = shared.filter(Number.isFinite).toSorted((a, b) => a - b);
  const at = (edge: number): number => all.reduce((sum, group) => sum + (group.get(edge) ?? 0), 0);
  const total = at(Number.POSITIVE_INFINITY);
  let highest = 0;
  const cumulative = edges.map((edge) => {
    highest = Math.min(total, Math.max(highest, at(edge)));
    return highest;
  });
  return { edges, cumulative, total };
}

/** Requests slower than an edge; null where the histogram does not have it. */
export function slowerThan({ edges, cumulative, total }: Histogram, edge: number): number | null {
  const index = edges.indexOf(edge);
  return index < 0 ? null : total - (cumulative[index] ?? total);
}

/** The edge nearest to a bound, if it is near enough to stand for it. */
export function edgeNear(edges: readonly number[], seconds: number): number | null {
  const nearest = edges.toSorted((a, b) => Math.abs(a - seconds) - Math.abs(b - seconds))[0];
  return nearest !== undefined && Math.abs(nearest - seconds) <= NEAR * seconds ? nearest : null;
}

/** The edge above which stable's share is nearest to `tail`, so that a shift of that quantile shows best. */
export function edgeAtTail(histogram: Histogram, tail: number): number | null {
  const far = (edge: number): number => {
    const share = ((slowerThan(histogram, edge) ?? 0) + 0.5) / (histogram.total + 1);
    return Math.abs(Math.log(share / tail));
  };
  return histogram.edges.toSorted((a, b) => far(a) - far(b))[0] ?? null;
}

/** Latency in seconds below which `1 - tail` of the requests were, interpolated within its bucket, for people to read. */
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
