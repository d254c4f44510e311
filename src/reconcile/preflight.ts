import type { Capacity } from '../api/capacity.ts';
import type { Problem } from '../release/seen.ts';
import type { DeploymentSeen } from '../release/workload.ts';

/** What about the workload itself stands against a release, with the field and the fix. */
export function workloadProblem(deployment: DeploymentSeen, canary?: Capacity): Problem | null {
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
  return canary?.mode === 'borrow' ? loanProblem(deployment) : null;
}

function loanProblem({ name, replicas, surge }: DeploymentSeen): Problem | null {
  if (replicas < 2) {
    return {
      reason: 'NothingToBorrow',
      message: `canary.mode: borrow takes one pod of stable, and spec.replicas of Deployment ${name} is ${replicas}: nothing would serve; scale it to 2, or set canary.mode to surge`,
    };
  }
  if (surge === 1) return null;
  return {
    reason: 'BorrowNeedsSurgeOfOne',
    message: `canary.mode: borrow hands over one pod, and spec.strategy.rollingUpdate.maxSurge of Deployment ${name} comes to ${surge}; set it to 1`,
  };
}
