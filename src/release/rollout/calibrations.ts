import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Calibration } from '../../api/analysis/calibration.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';

/** Metrics whose past can be learnt from: rates of requests that are compared with stable. */
export function learnable(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(({ errors, latency }) => errors !== undefined || latency !== undefined);
}

/**
 * What is known of the metrics when a release begins: what the past has shown, with what the policy fixes in place of
 * it. Metrics of which nothing is known are not in it.
 */
export function calibrationsFor(rollout: Rollout, names: readonly string[]): Calibration[] {
  const { calibration: fixed = [], learn } = rollout.spec.analysis;
  const learnt = learn === 'off' ? [] : (rollout.status?.learnt?.metrics ?? []);
  return names.flatMap((name): Calibration[] => {
    const [past, own] = [learnt, fixed].map((all: readonly Calibration[]) =>
      all.find(({ metric }) => metric === name),
    );
    return past === undefined && own === undefined ? [] : [{ ...past, ...own, metric: name }];
  });
}
