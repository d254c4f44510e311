import { templatesOf } from '../../analysis/templates/query.ts';
import { variablesOf } from '../../analysis/templates/variable.ts';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import { podBase } from '../../api/derived-names.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import type { ObservedReplicaSet } from '../../workload/workload.ts';

function selectsByName(metric: Metric): boolean {
  return templatesOf(metric).some(({ promql }) => variablesOf(promql).includes('pods'));
}

/**
 * Why no release can start if the metrics would count pods of another workload as stable's: Kubernetes truncates the
 * names of pods, so two long names with the same beginning cannot be distinguished.
 */
export function podNamesAlike(
  sets: readonly Pick<ObservedReplicaSet, 'name' | 'ownerUid' | 'pods'>[],
  stable: string,
  metrics: readonly Metric[],
): Problem | null {
  const base = podBase(stable);
  if (base === `${stable}-` || !metrics.some(selectsByName)) return null;
  const owner = sets.find(({ name }) => name === stable)?.ownerUid;
  const other = sets.find(
    ({ name, ownerUid, pods }) => name !== stable && ownerUid !== owner && pods > 0 && podBase(name) === base,
  );
  if (other === undefined) return null;
  return {
    reason: 'PodNamesAlike',
    message: `the pod names of ReplicaSets ${stable} and ${other.name} both begin with ${base}, so the queries, which select pods by name, would count both: give one of the workloads a name that differs in its first 46 characters, or use metrics that select by {{hash}}`,
  };
}
