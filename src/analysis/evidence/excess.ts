import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import { durationMs } from '../../api/values/duration.ts';
import { bandAlpha, limitsOf } from '../verdict/track.ts';
import { BLOCK } from './block.ts';
import { confidenceBandOf } from './confidence-band.ts';
import { comparedIn, NO_SERIES } from './series.ts';
import type { Tally } from './tally.ts';
import { variation } from './variation.ts';

/** How much of the canary's traffic may be bad beyond the allowed rate. */
export interface Excess {
  /** Name of the metric with the greatest excess. */
  readonly metric: string;
  /** Fraction of the canary's requests, 0 to 1, that the evidence since the step began does not exclude. */
  readonly share: number;
  readonly requests: number;
}

/**
 * The effective number of independent requests: if stable's own rate varies from block to block, requests fail
 * together, and only more blocks give more evidence.
 */
function worth({ events, bad }: Tally, cv2: number, blocks: number): Tally {
  const likely = (bad + 0.5) / (events + 1);
  const sampling = (1 - likely) / (Math.max(1, events) * likely);
  const part = sampling / (sampling + cv2 / blocks);
  return { events: events * part, bad: bad * part };
}

function excessOf(metric: Metric, state: MetricState, alpha: number, blocks: number): Excess[] {
  const cv2 = variation(comparedIn(state.series ?? NO_SERIES).map(({ stable }) => stable));
  return limitsOf(metric).map(({ bad, limit }) => {
    const counted = { events: state.canary.events, bad: bad(state.canary) };
    const { high } = confidenceBandOf(worth(counted, cv2, blocks), alpha);
    return { metric: metric.name, share: Math.max(0, high - limit(state)), requests: counted.events };
  });
}

/**
 * The greatest fraction of the canary's requests, over all metrics that count, that may be bad beyond the bounds and
 * that the counts of the step do not exclude; null if no metric is a rate of requests.
 */
export function mostExcess(
  policy: Policy,
  metrics: readonly Metric[],
  states: readonly MetricState[],
): Excess | null {
  const alpha = bandAlpha(policy, metrics);
  const seconds = durationMs(policy.analysis.interval) / 1_000;
  const found = metrics.flatMap((metric) => {
    const state = states.find(({ name }) => name === metric.name);
    const ignored = metric.onNoData === 'ignore' && state?.verdict === 'noData';
    if (metric.dryRun || ignored || state === undefined) return [];
    return excessOf(metric, state, alpha, Math.max(1, (state.windows * seconds) / BLOCK.seconds));
  });
  return found.reduce<Excess | null>(
    (most, one) => (most === null || one.share > most.share ? one : most),
    null,
  );
}
