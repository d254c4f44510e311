import { type QueryNames, queriesOf } from '../analysis/query.ts';
import type { ArmQuery } from '../analysis/sample.ts';
import { regexLiteral } from '../analysis/variable.ts';
import type { Metric } from '../api/analysis-template.ts';

const POD = '-[a-z0-9]{5}';
const quoted = (text: string): string => text.replaceAll('\\', '\\\\');

/**
 * The queries of metrics for all versions that the workload has had: where a query selects pods by the name of their
 * ReplicaSet, those of every ReplicaSet are selected. One that selects by hash or subset stays with what serves now.
 */
export function pastQueries(metrics: readonly Metric[], names: QueryNames): ArmQuery[] {
  const [now, ever] = [regexLiteral(names.stable.replicaSet), `${regexLiteral(names.workload)}-[a-z0-9]+`];
  // A number is asked of the canary alone: in the past that is what served.
  const asked = queriesOf(metrics, { ...names, canary: names.stable });
  const kept = asked.filter(({ arm, part }) => (part === 'query') === (arm === 'canary'));
  return kept.map((query) => {
    // As the pattern stands between back quotes, and as it stands between others, where a backslash is written twice.
    const raw = query.promql.replaceAll(`${now}${POD}`, () => `${ever}${POD}`);
    return { ...query, promql: raw.replaceAll(`${quoted(now)}${POD}`, () => `${quoted(ever)}${POD}`) };
  });
}
