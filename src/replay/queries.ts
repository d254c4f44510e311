import type { ArmQuery } from '../analysis/evidence/sample.ts';
import { podsPattern, type QueryNames, queriesOf } from '../analysis/templates/query.ts';
import { regexLiteral } from '../analysis/templates/variable.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import { podBase, shortName } from '../api/derived-names.ts';

const quoted = (text: string): string => text.replaceAll('\\', '\\\\');

/** A pattern for the pods of all ReplicaSets of a Deployment, including those that Sluice created for it. */
function everyPod(workload: string): string {
  const short = `${regexLiteral(shortName(workload))}-[a-z0-9]+-[a-z0-9]{5}`;
  return shortName(workload) === workload ? short : `(${short}|${regexLiteral(podBase(workload))}[-a-z0-9]+)`;
}

/**
 * The queries of metrics for all versions that the workload has had: if a query selects pods by the name of their
 * ReplicaSet, pods of every ReplicaSet are selected. A query that selects by hash or subset covers only the current
 * stable version.
 */
export function pastQueries(metrics: readonly Metric[], names: QueryNames): ArmQuery[] {
  const [now, ever] = [podsPattern(names.stable.replicaSet), everyPod(names.workload)];
  // A number is measured for the canary only: in the past, that is the version that served.
  const asked = queriesOf(metrics, { ...names, canary: names.stable });
  const kept = asked.filter(
    ({ arm, part, covariate }) => (part === 'query') === (arm === 'canary') && covariate === undefined,
  );
  return kept.map((query) => {
    // The pattern as written between back quotes, and between other quotes, where a backslash is doubled.
    const raw = query.promql.replaceAll(now, () => ever);
    return { ...query, promql: raw.replaceAll(quoted(now), () => quoted(ever)) };
  });
}
