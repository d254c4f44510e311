import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Release } from '../../api/release/release.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { canaryPodsAt, handoverSize, type Sizing } from '../canary/size.ts';
import type { Problem } from '../reasons/catalogue.ts';
import { stageOf } from '../stages/table.ts';
import { comparisonProblem } from '../strategy/comparison-problem.ts';
import { podsProblem } from '../strategy/pods-problem.ts';
import { greatestLoad } from '../strategy/steps.ts';

/** A policy, and whether routes or pods divide the traffic. */
export interface Paced extends Sizing {
  readonly policy: Policy;
  /** Absent: unknown. */
  readonly metrics?: readonly Metric[];
}

/** Why the workload itself prevents a release, with the field and the fix. */
export function workloadProblem(deployment: ObservedDeployment, paced?: Paced): Problem | null {
  const policy = paced?.policy;
  const { name, replicas } = deployment;
  if (replicas === 0) {
    return {
      reason: 'NoReplicas',
      message: `spec.replicas of Deployment ${name} is 0: there is nothing to compare with; scale it up, or set the annotation sluice.dev/rollout=off to let the change through`,
    };
  }
  if (replicas < 2 && policy?.canary?.mode === 'borrow') {
    return {
      reason: 'NothingToBorrow',
      message: `canary.mode: borrow takes one pod of stable, and spec.replicas of Deployment ${name} is ${replicas}: nothing would serve; scale it to 2, or set canary.mode to surge`,
    };
  }
  const unfit = paced?.shares === 'pods' ? podsProblem(paced.policy, deployment) : null;
  const beside = paced === undefined ? null : comparisonProblem(paced.policy, paced.metrics ?? []);
  return unfit ?? beside ?? updateProblem(deployment, paced);
}

/**
 * Why the native rolling update at the end of a release is unsafe: it would stop stable before the new version serves.
 * It matters from the start until the update is complete, since anybody may change the strategy.
 */
export function updateProblem(deployment: ObservedDeployment, paced?: Paced): Problem | null {
  if (deployment.strategy === 'Recreate' && paced?.policy.blueGreen === undefined) {
    return {
      reason: 'RecreateStrategy',
      message: `spec.strategy.type of Deployment ${deployment.name} is Recreate, which would stop stable before the new version serves; set it to RollingUpdate, or release by blueGreen, which has all pods of the new version ready before`,
    };
  }
  return unavailableProblem(deployment, paced) ?? surgeProblem(deployment, paced?.policy);
}

/** An update that may stop all of stable at once leaves only the handed-over pods, which may be too few. */
function unavailableProblem(deployment: ObservedDeployment, paced?: Paced): Problem | null {
  const { name, replicas, surge, unavailable } = deployment;
  const last = paced === undefined ? 1 : canaryPodsAt(paced, deployment, greatestLoad(paced.policy));
  const handedOver = handoverSize(replicas, surge, last);
  if (unavailable < replicas || handedOver >= replicas) return null;
  return {
    reason: 'AllUnavailable',
    message: `spec.strategy.rollingUpdate.maxUnavailable of Deployment ${name} comes to all ${replicas} pods: the update would stop stable at once, with ${handedOver} of ${replicas} pods of the new version ready; set it lower`,
  };
}

function surgeProblem({ name, surge }: ObservedDeployment, policy?: Policy): Problem | null {
  if (policy?.canary?.mode !== 'borrow' || surge === 1) return null;
  return {
    reason: 'BorrowNeedsSurgeOfOne',
    message: `canary.mode: borrow hands over one pod, and spec.strategy.rollingUpdate.maxSurge of Deployment ${name} comes to ${surge}; set it to 1`,
  };
}

/** Why a release that has left Pending cannot be promoted. */
export function promotionProblem(
  deployment: ObservedDeployment,
  { spec, status }: Pick<Release, 'spec' | 'status'>,
): Problem | null {
  const matters = status !== undefined && stageOf(status).updateAhead;
  return matters ? updateProblem(deployment, spec) : null;
}
