import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Rules } from '../verdict/margin.ts';
import { edgeAtTail, edgeNear, type Histogram, quantile, slowerThan } from './histogram.ts';
import type { ArmReading, Missing } from './window-counts.ts';

/** Requests of stable that are needed to choose the edge at which it is compared. */
const LEAST_TO_CHOOSE = 20;

/** Bucket edges in use, in seconds: one for the bound and one for the comparison. */
export type Edges = Pick<MetricState, 'edge' | 'stableEdge'>;

/** Counts of one arm in one window, as far as its buckets have them. */
export interface BucketCounts {
  readonly events: number;
  /** For the comparison with stable; null while no edge is chosen. */
  readonly bad: number | null;
  /** For the absolute bound; null if there is none. */
  readonly over: number | null;
  readonly quantile?: number;
}

function listed(edges: readonly number[]): string {
  return `${edges.slice(0, 20).join(', ')}${edges.length > 20 ? ', …' : ''} s`;
}

function boundEdge(rules: Rules, histogram: Histogram, known: number | undefined): number | Missing {
  const edge = known ?? edgeNear(histogram.edges, rules.seconds ?? 0);
  if (edge !== null && slowerThan(histogram, edge) !== null) return edge;
  const bound = `${edge ?? rules.seconds} s`;
  return {
    kind: 'providerError',
    message: `no bucket edge near the bound of ${bound}; the edges are ${listed(histogram.edges)}`,
  };
}

/** The edges at which the metric is counted from now on, or why it cannot be counted. */
export function edgesFor(
  rules: Rules,
  canary: Histogram,
  stable: Histogram | null,
  before: Edges,
): Edges | Missing {
  const edge = rules.seconds === null ? undefined : boundEdge(rules, canary, before.edge);
  if (typeof edge === 'object') return edge;
  const chosen =
    before.stableEdge ??
    (stable !== null && stable.total >= LEAST_TO_CHOOSE ? edgeAtTail(stable, rules.tail) : null);
  return {
    ...(edge === undefined ? {} : { edge }),
    ...(chosen === null ? {} : { stableEdge: chosen }),
  };
}

/** Counts of an arm at the edges; null if its histogram lacks one of them. */
export function bucketCountsOf(
  reading: Exclude<ArmReading, Missing>,
  rules: Rules,
  edges: Edges,
): BucketCounts | null {
  const { events } = reading;
  if (reading.kind === 'errors') {
    return { events, bad: reading.bad, over: rules.share === null ? null : reading.bad };
  }
  const { histogram } = reading;
  const bad = edges.stableEdge === undefined ? null : slowerThan(histogram, edges.stableEdge);
  const over = edges.edge === undefined ? null : slowerThan(histogram, edges.edge);
  if (edges.stableEdge !== undefined && bad === null) return null;
  if (edges.edge !== undefined && over === null) return null;
  const at = quantile(histogram, rules.tail);
  return { events, bad, over, ...(at === undefined ? {} : { quantile: at }) };
}

/** Why a histogram could not be counted. */
export function edgeMissing(arm: 'canary' | 'stable', histogram: Histogram, edges: Edges): Missing {
  const wanted = [edges.edge, edges.stableEdge].filter((edge) => edge !== undefined);
  const name = arm === 'canary' ? 'the canary' : 'stable';
  return {
    kind: 'providerError',
    message: `${name} lacks the bucket edge ${wanted.join(' or ')} s; its edges are ${listed(histogram.edges)}`,
  };
}
