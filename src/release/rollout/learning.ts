import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';
import { learnable } from './calibrations.ts';
import { currentRelease } from './new-release.ts';
import type { RolloutObservation } from './rollout-observation.ts';

/** How often the past of a workload is asked, and how soon again where it did not answer … */
const [EVERY_MS, AGAIN_MS] = [24 * 3_600_000, 6 * 3_600_000];
/** … if that took at most so many queries, so that a day does not take more than 24. */
const FEW_QUERIES = 6;

/** Whether each of the metrics is among those that were asked about. */
function covers({ status }: Rollout, metrics: readonly Metric[]): boolean {
  const known = status?.learnt?.metrics ?? [];
  return metrics.every(({ name }) => known.some(({ metric }) => metric === name));
}

/**
 * When the past of the workload must be asked next (epoch milliseconds; in the past: now), or null while it is not: in
 * idle times only, so that what is learnt is about one version and a release has the metrics to itself.
 */
export function learningDueAt(seen: RolloutObservation): number | null {
  const { rollout, deployment, metrics, releases, rival, unreadable } = seen;
  if (rollout.spec.analysis.learn === 'off' || deployment === null || rival !== null || unreadable !== null)
    return null;
  if ('problem' in metrics || deployment.replicas === 0) return null;
  if (currentRelease(releases) !== null || deployment.held) return null;
  const wanted = learnable(metrics.metrics);
  if (wanted.length === 0) return null;
  const { learnt } = rollout.status ?? {};
  if (learnt === undefined) return 0;
  const { at, message, queries } = learnt;
  const failed = message !== undefined || !covers(rollout, wanted);
  return Date.parse(at) + (failed && queries <= FEW_QUERIES ? AGAIN_MS : EVERY_MS);
}
