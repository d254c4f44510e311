import { abortIf, type Engine } from './engine.ts';
import { type Arm, addArms, quantile, SECONDS } from './look.ts';

/** What an absolute bound of a peer is about. */
interface Slo {
  /** Highest share of failed requests. */
  readonly failed: number;
  readonly quantile: number;
  /** Highest latency at that quantile, in seconds. */
  readonly seconds: number;
}

/** Whether requests keep the bounds; null without requests. */
function keeps(arm: Arm, slo: Slo): boolean | null {
  if (arm.events === 0) return null;
  if (arm.buckets !== undefined) return quantile(arm.buckets, slo.quantile) <= slo.seconds;
  return arm.bad / arm.events <= slo.failed;
}

/**
 * The AnalysisTemplate of the documentation of Argo Rollouts (1.10): success rate of at least 95 %, measured every five
 * minutes by `irate`, so over the newest samples; the fourth failed measurement aborts. Without requests its division
 * gives NaN, which does not meet the condition. It has no metric for latency; p95 ≤ 500 ms stands for one.
 */
export const argo: Engine = {
  name: 'argo-docs',
  begin: () => {
    const every = 300 / SECONDS;
    let [look, failures] = [0, 0];
    return ({ canary }) => {
      look++;
      const isDue = (look - 1) % every === 0;
      if (isDue && keeps(canary, { failed: 0.05, quantile: 0.95, seconds: 0.5 }) !== true) failures++;
      return abortIf(failures > 3);
    };
  },
};

/**
 * The two built-in metrics of Flagger with the values of its documentation: success rate of at least 99 % and p99 of at
 * most 500 ms, over the last minute, every minute; the fifth failed check rolls back, and no data is a failed check.
 */
export const flagger: Engine = {
  name: 'flagger-docs',
  begin: () => {
    const every = 60 / SECONDS;
    let [look, failures] = [0, 0];
    let minute: Arm = { events: 0, bad: 0 };
    return ({ canary }) => {
      look++;
      minute = addArms(minute, canary);
      if (look % every !== 0) return 'go';
      if (keeps(minute, { failed: 0.01, quantile: 0.99, seconds: 0.5 }) !== true) failures++;
      minute = { events: 0, bad: 0 };
      return abortIf(failures >= 5);
    };
  },
};
