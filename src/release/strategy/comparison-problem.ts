import { canDecide } from '../../analysis/verdict/winner.ts';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { AbTest } from '../../api/rollout/ab-test.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import type { Problem } from '../reasons/catalogue.ts';

/** Why the metrics cannot name a winner. */
function testProblem({ metrics: names }: AbTest, metrics: readonly Metric[]): Problem | null {
  const able = metrics.filter(canDecide).map(({ name }) => name);
  const unable = names?.find((name) => !able.includes(name));
  if (unable === undefined && able.length > 0) return null;
  const what = unable === undefined ? 'no metric of the templates' : `metric ${unable}`;
  return {
    reason: 'NoWinnerMetric',
    message: `abTest.metrics: ${what} can name a winner; it takes a metric of failed or slow requests that is no dryRun: ${able.join(', ') || 'there is none'}`,
  };
}

/** Why a metric cannot be judged by the strategy of a policy: it needs the answers of both versions at the same time. */
export function comparisonProblem(
  { blueGreen, abTest }: Pick<Policy, 'blueGreen' | 'abTest'>,
  metrics: readonly Metric[],
): Problem | null {
  if (abTest !== undefined) return testProblem(abTest, metrics);
  const found = metrics.find(({ drift, dryRun }) => drift !== undefined && !dryRun);
  if (blueGreen === undefined || found === undefined) return null;
  return {
    reason: 'NothingBeside',
    message: `blueGreen never gives both versions traffic at the same time, and metric ${found.name} (drift) compares their answers: set its dryRun, use shadow in its place, or write steps`,
  };
}
