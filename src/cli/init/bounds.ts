import { histogramOf } from '../../analysis/evidence/histogram.ts';
import { edgeText, type Probe } from '../../analysis/templates/preflight.ts';
import { parseShare } from '../../analysis/verdict/margin.ts';
import type { Metric } from '../../api/analysis/analysis-template.ts';

/** A bound that a latency can have: the metric, and edges of its histogram, the first of them proposed. */
export interface LatencyBound {
  readonly metric: string;
  readonly proposed: string;
  /** The edges beside it. */
  readonly others: readonly string[];
}

function boundOf({ name, latency }: Metric, { sample }: Probe): LatencyBound | null {
  if (latency === undefined || sample.kind !== 'vector') return null;
  const histogram = histogramOf(sample.series, latency.unit);
  if (typeof histogram === 'string' || histogram.total === 0) return null;
  const { edges, cumulative, total } = histogram;
  const share = parseShare(latency.quantile) ?? 0.95;
  const index = cumulative.findIndex((count) => count >= share * total);
  const proposed = edges[index];
  if (proposed === undefined) return null;
  const beside = [edges[index - 1], edges[index + 1], edges[index + 2]].filter((edge) => edge !== undefined);
  return { metric: name, proposed: edgeText(proposed), others: beside.map(edgeText) };
}

/**
 * For each latency, the least edge of its histogram that the quantile of what the serving pods have answered so far does not
 * exceed. None where nothing was counted.
 */
export function latencyBounds(metrics: readonly Metric[], probes: readonly Probe[]): LatencyBound[] {
  return metrics.flatMap((metric) => {
    const probe = probes.find((one) => one.metric === metric.name && one.part === 'buckets');
    const bound = probe === undefined ? null : boundOf(metric, probe);
    return bound === null ? [] : [bound];
  });
}
