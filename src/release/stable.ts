import type { Rollout } from '../api/rollout.ts';
import type { Problem } from './seen.ts';
import type { DeploymentSeen, ReplicaSetSeen } from './workload.ts';

/** What it takes to tell which ReplicaSet serves. */
export interface StableSeen {
  readonly rollout: Rollout;
  readonly deployment: DeploymentSeen | null;
  /** ReplicaSets that belong to the Deployment. */
  readonly owned: readonly ReplicaSetSeen[];
}

/** The ReplicaSet that serves, or what keeps it from being told; null where there is none. */
export function stableOf({ deployment, owned, rollout }: StableSeen): ReplicaSetSeen | Problem | null {
  if (deployment === null) return null;
  const living = owned.filter((one) => !one.deleting);
  if (!deployment.paused) return living.find((one) => one.revision === deployment.revision) ?? null;
  const active = living.filter((one) => one.replicas > 0);
  if (active.length === 1) return active[0] ?? null;
  const known = living.find((one) => one.hash === rollout.status?.stable?.podTemplateHash);
  if (active.length === 0) return known ?? null;
  const names = active.map((one) => one.name).join(', ');
  return {
    reason: 'WorkloadUpdating',
    message: `Deployment ${deployment.name} was in the middle of a rolling update when it was held (ReplicaSets ${names} have pods). Write the template of one of them back, or set the annotation sluice.dev/rollout=off and resume it`,
  };
}
