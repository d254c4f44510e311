import { freshState } from '../analysis/verdict/state.ts';
import type { MetricState } from '../api/release/analysis-state.ts';
import { bakesOf } from '../api/rollout/steps.ts';
import { durationMs } from '../api/values/duration.ts';
import { nextWeight } from '../release/strategy/next-weight.ts';
import { stepShare } from '../release/strategy/steps.ts';
import type { PlanInput } from './plan-input.ts';

/** The expected counts of each metric after some windows at a weight, if both versions are equal. */
function expected({ policy, metrics, traffic }: PlanInput, weight: number, windows: number): MetricState[] {
  const seconds = (windows * durationMs(policy.analysis.interval)) / 1_000;
  return metrics.flatMap((metric): MetricState[] => {
    const { perSecond = null, badShare = 0 } = traffic.find((one) => one.metric === metric.name) ?? {};
    if (perSecond === null) return [];
    const countsAt = (share: number): MetricState['canary'] => {
      const events = perSecond * seconds * share;
      return { events, bad: events * badShare, over: events * badShare };
    };
    const [canary, stable] = [countsAt(weight / 100), countsAt(1 - weight / 100)];
    return [{ ...freshState(metric.name), verdict: 'pass', windows, canary, stable }];
  });
}

/**
 * The weight after a step that needs at least `least` windows, and the windows that it takes: if the evidence chooses
 * the weights, as many as that requires. The weight is null after the last step.
 */
export function growthOf(
  input: PlanInput,
  index: number,
  weight: number,
  least: number,
): { readonly windows: number; readonly next: number | null } | 'never' {
  const { policy, metrics } = input;
  const { autoSteps, analysis, deadlines } = policy;
  if (autoSteps === undefined) return { windows: least, next: stepShare(policy, {}, index + 1) ?? null };
  const interval = durationMs(analysis.interval);
  const { bake = '0s' } = bakesOf(policy, index);
  const baked = Math.ceil((durationMs(bake) - durationMs(analysis.warmup)) / interval);
  const most = Math.ceil(durationMs(deadlines.step) / interval);
  const first = Math.max(least, baked);
  for (let windows = first; windows <= most; windows++) {
    const found = nextWeight(policy, metrics, expected(input, weight, windows), weight);
    if (found === null) return { windows: least, next: null };
    if (found.kind === 'weight') return { windows: windows === first ? least : windows, next: found.weight };
  }
  return 'never';
}
