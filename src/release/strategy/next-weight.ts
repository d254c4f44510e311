import { type Excess, mostExcess } from '../../analysis/evidence/excess.ts';
import { countOf, percentText } from '../../analysis/verdict/number-text.ts';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import type { AutoSteps } from '../../api/rollout/steps.ts';

/** A chosen step is only worth its time if it multiplies the weight at least by this. */
const LEAST_GROWTH = 1.5;
/** Growth if no metric is a rate of requests. */
const BLIND_GROWTH = 2;

/** The next weight, or why there is none yet. */
export type NextWeight =
  | { readonly kind: 'weight'; readonly weight: number; readonly message: string }
  | { readonly kind: 'stays'; readonly message: string };

/** The smallest weight that may follow. */
export function leastWeight({ max }: Pick<AutoSteps, 'max'>, weight: number): number {
  return Math.min(max, Math.ceil(weight * LEAST_GROWTH));
}

const shareOf = (percent: string): number => Number.parseFloat(percent) / 100;

function excessText({ metric, share, requests }: Excess): string {
  const seen = `of ${countOf(requests, 'request')} of the canary (${metric})`;
  return share === 0
    ? `the evidence ${seen} excludes that it is beyond its bounds`
    : `the evidence ${seen} does not exclude that ${percentText(share)} more are bad than allowed`;
}

function within(autoSteps: AutoSteps, weight: number, excess: Excess): NextWeight {
  const { max, maxGrowth, maxRisk } = autoSteps;
  const least = leastWeight(autoSteps, weight);
  const most = Math.min(max, weight * maxGrowth);
  const allowed = excess.share === 0 ? most : Math.floor((100 * shareOf(maxRisk)) / excess.share + 1e-9);
  const why = excessText(excess);
  if (allowed < least) {
    const risk = percentText((least / 100) * excess.share);
    const message = `${why}: at ${least} % that would be ${risk} of all requests (autoSteps.maxRisk ${maxRisk})`;
    return { kind: 'stays', message };
  }
  const next = Math.min(most, allowed);
  const bound = next === most && next < max ? ` (autoSteps.maxGrowth ${maxGrowth})` : '';
  const risk = percentText((next / 100) * excess.share);
  const cost = excess.share === 0 ? '' : `, at most ${risk} of all requests (autoSteps.maxRisk ${maxRisk})`;
  return { kind: 'weight', weight: next, message: `${why}: next ${next} %${bound}${cost}` };
}

/**
 * The greatest weight within the bounds at which, by the evidence of the step, at most `maxRisk` of all requests are
 * bad beyond what the metrics allow. Weights only ascend, each at least 1.5 times the previous one, so that at most 12
 * lead from 1 to 100. There is none if `weight` already is the greatest.
 */
export function nextWeight(
  policy: Policy,
  metrics: readonly Metric[],
  states: readonly MetricState[],
  weight: number,
): NextWeight | null {
  const { autoSteps } = policy;
  if (autoSteps === undefined || weight >= autoSteps.max) return null;
  const excess = mostExcess(policy, metrics, states);
  if (excess !== null) return within(autoSteps, weight, excess);
  const next = Math.min(autoSteps.max, weight * Math.min(BLIND_GROWTH, autoSteps.maxGrowth));
  const message = `no metric is a share of requests: next ${next} %, ${BLIND_GROWTH} times as much`;
  return { kind: 'weight', weight: next, message };
}

/** The next weight if the step is skipped, regardless of the evidence; null after the greatest. */
export function weightAfter(
  policy: Policy,
  metrics: readonly Metric[],
  states: readonly MetricState[],
  weight: number,
): number | null {
  const found = nextWeight(policy, metrics, states, weight);
  if (found === null || policy.autoSteps === undefined) return null;
  return found.kind === 'weight' ? found.weight : leastWeight(policy.autoSteps, weight);
}
