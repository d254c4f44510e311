import type { Problem } from '../release/seen.ts';
import type { DeploymentSeen } from '../release/workload.ts';

/** What about the workload itself stands against a release, with the field and the fix. */
export function workloadProblem(deployment: DeploymentSeen): Problem | null {
  if (deployment.replicas === 0) {
    return {
      reason: 'NoReplicas',
      message: `spec.replicas of Deployment ${deployment.name} is 0: there is nothing to compare with; scale it up, or set the annotation sluice.dev/rollout=off to let the change through`,
    };
  }
  if (deployment.strategy === 'Recreate') {
    return {
      reason: 'RecreateStrategy',
      message: `spec.strategy.type of Deployment ${deployment.name} is Recreate, which would stop stable before the new version serves; set it to RollingUpdate`,
    };
  }
  return null;
}
