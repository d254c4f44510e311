import type { ArmQuery } from '../analysis/evidence/sample.ts';
import { podsPattern, type QueryNames, queriesOf } from '../analysis/templates/query.ts';
import { regexLiteral } from '../analysis/templates/variable.ts';
import type { Metric } from '../api/analysis-template.ts';
import { podBase, shortName } from '../api/derived-names.ts';

const quoted = (text: string): string => text.replaceAll('\\', '\\\\');

/** The names of the pods of all ReplicaSets of a Deployment, its own and those that Sluice made for it. */
function everyPod(workload: string): string {
  const short = `${regexLiteral(shortName(workload))}-[a-z0-9]+-[a-z0-9]{5}`;
  return shortName(workload) === workload ? short : `(${short}|${regexLiteral(podBase(workload))}[-a-z0-9]+)`;
}

/**
 * The queries of metrics for all versions that the workload has had: where a query selects pods by the name of their
 * ReplicaSet, those of every ReplicaSet are selected. One that selects by hash or subset stays with what serves now.
 */
export function pastQueries(metrics: readonly Metric[], names: QueryNames): ArmQuery[] {
  const [now, ever] = [podsPattern(names.stable.replicaSet), everyPod(names.workload)];
  // A number is asked of the canary alone: in the past that is what served.
  const asked = queriesOf(metrics, { ...names, canary: names.stable });
  const kept = asked.filter(({ arm, part }) => (part === 'query') === (arm === 'canary'));
  return kept.map((query) => {
    // As the pattern stands between back quotes, and as it stands between others, where a backslash is written twice.
    const raw = query.promql.replaceAll(now, () => ever);
    return { ...query, promql: raw.replaceAll(quoted(now), () => quoted(ever)) };
  });
}
