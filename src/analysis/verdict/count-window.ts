import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { ArmCounts, MetricState } from '../../api/release/analysis-state.ts';
import {
  type BucketCounts,
  bucketCountsOf,
  type Edges,
  edgeMissing,
  edgesFor,
} from '../evidence/bucket-counts.ts';
import type { Histogram } from '../evidence/histogram.ts';
import type { WindowSamples } from '../evidence/sample.ts';
import { type ArmReading, type Missing, readArms } from '../evidence/window-counts.ts';
import type { Rules } from './margin.ts';

/** The counts of a version since the step began, with those of a window. */
export function added(before: ArmCounts, tally: BucketCounts): ArmCounts {
  const over = tally.over === null ? before.over : (before.over ?? 0) + tally.over;
  return {
    events: before.events + tally.events,
    bad: before.bad + (tally.bad ?? 0),
    ...(over === undefined ? {} : { over }),
    ...(tally.quantile === undefined ? {} : { quantile: tally.quantile }),
  };
}

/** The counts of both versions in a window. */
export interface Counted {
  readonly canary: BucketCounts;
  readonly stable: BucketCounts | Missing;
  readonly edges: Edges;
  /** The histograms of a latency. */
  readonly histograms: { readonly canary: Histogram | null; readonly stable: Histogram | null };
}

function histogramIn(reading: ArmReading): Histogram | null {
  return 'kind' in reading && reading.kind === 'latency' ? reading.histogram : null;
}

/** Counts a window of a rate of requests, at the edges that the metric has, or why that is impossible. */
export function countWindow(
  metric: Metric,
  rules: Rules,
  before: MetricState,
  window: WindowSamples,
): Counted | Missing {
  const { canary, stable } = readArms(metric, window);
  if ('message' in canary) return canary;
  const others = 'message' in stable ? null : stable;
  let edges: Edges = {};
  if (canary.kind === 'latency') {
    const found = edgesFor(
      rules,
      canary.histogram,
      others?.kind === 'latency' ? others.histogram : null,
      before,
    );
    if ('message' in found) return found;
    edges = found;
  }
  const ours = bucketCountsOf(canary, rules, edges);
  if (ours === null)
    return canary.kind === 'latency' ? edgeMissing('canary', canary.histogram, edges) : noCounts;
  const histograms = { canary: histogramIn(canary), stable: histogramIn(stable) };
  if ('message' in stable) return { canary: ours, stable, edges, histograms };
  const { stableEdge } = edges;
  // Without the edge of the bound, stable can still be compared.
  const theirs =
    bucketCountsOf(stable, rules, edges) ??
    bucketCountsOf(stable, rules, stableEdge === undefined ? {} : { stableEdge });
  if (theirs !== null) return { canary: ours, stable: theirs, edges, histograms };
  return {
    canary: ours,
    stable: stable.kind === 'latency' ? edgeMissing('stable', stable.histogram, edges) : noCounts,
    edges,
    histograms,
  };
}

const noCounts: Missing = { kind: 'providerError', message: 'the counts could not be read' };
