import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Explained, MetricState } from '../../api/release/analysis-state.ts';
import type { Histogram } from '../evidence/histogram.ts';
import type { WindowSamples } from '../evidence/sample.ts';
import { recentWith } from './recent.ts';
import { slowerThanTimes } from './slower.ts';
import { swapped, timesOf } from './times.ts';
import { workIn } from './work.ts';

/** A histogram of one version in a window, and the requests of it that are slow at the edge of the comparison. */
export interface Slow {
  readonly histogram: Histogram | null;
  readonly bad: number | null;
}

function unexplained({ histogram, bad }: Slow, edge: number | undefined, times: number): number | null {
  if (histogram === null || bad === null || edge === undefined || times <= 1) return bad;
  return Math.min(bad, slowerThanTimes(histogram, edge, times));
}

/** What the work explains in a window: the state with it, and the slow requests of each version that are left. */
export interface Explanation {
  readonly explained: Explained | undefined;
  readonly canary: number | null;
  readonly stable: number | null;
}

/**
 * The slow requests of both versions in a window without those that their work explains: of a version with more work,
 * only those count that took so many times longer than the edge as it has more work. Where the work is the same, or not
 * known, all count.
 */
export function explain(
  metric: Metric,
  { explained: before, stableEdge }: Pick<MetricState, 'explained' | 'stableEdge'>,
  window: WindowSamples,
  { canary, stable }: { readonly canary: Slow; readonly stable: Slow },
): Explanation {
  const covariates = metric.latency?.explainedBy;
  const work = covariates === undefined ? null : workIn(metric, window);
  if (covariates === undefined || work === null) {
    const explained = before === undefined ? undefined : { ...before, bad: before.bad + (canary.bad ?? 0) };
    return { explained, canary: canary.bad, stable: stable.bad };
  }
  const recent = recentWith(before, work);
  const times = timesOf(covariates, recent);
  const ours = unexplained(canary, stableEdge, times);
  const theirs = unexplained(stable, stableEdge, timesOf(covariates, swapped(recent)));
  const bad = Number(((before?.bad ?? 0) + (ours ?? 0)).toPrecision(9));
  return { explained: { ...recent, times, bad }, canary: ours, stable: theirs };
}
