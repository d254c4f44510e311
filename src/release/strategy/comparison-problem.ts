import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import type { Problem } from '../reasons/catalogue.ts';

/** Why a metric cannot be judged by the strategy of a policy: it needs the answers of both versions at the same time. */
export function comparisonProblem(
  { blueGreen }: Pick<Policy, 'blueGreen'>,
  metrics: readonly Metric[],
): Problem | null {
  const found = metrics.find(({ drift, dryRun }) => drift !== undefined && !dryRun);
  if (blueGreen === undefined || found === undefined) return null;
  return {
    reason: 'NothingBeside',
    message: `blueGreen never gives both versions traffic at the same time, and metric ${found.name} (drift) compares their answers: set its dryRun, use shadow in its place, or write steps`,
  };
}
