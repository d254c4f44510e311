import type { ObservedDeployment } from '../../workload/workload.ts';
import type { Problem } from '../reasons/catalogue.ts';

/** Reason of the condition on a Deployment that Sluice has paused and no longer manages. */
export const LEFT_PAUSED = 'LeftPaused';

/**
 * What happens to a Deployment that loses its Rollout while it is held. Resuming it would roll out a version that was
 * not released, so it stays paused on stable until a person resumes it, or it has stable's template again.
 */
export type LeftGoal = 'none' | 'unmark' | 'resume' | 'tell';

/** Decides it. A Deployment under a gate (again) is managed by that Rollout. */
export function leftGoal({ left, gate, paused, revision }: ObservedDeployment): LeftGoal {
  if (left === undefined || gate !== undefined) return 'none';
  if (!paused) return 'unmark';
  return revision === left ? 'resume' : 'tell';
}

/** The message of a Deployment that stays paused. It names the revision, so that a later push is reported as well. */
export function leftProblem(deployment: ObservedDeployment): Problem | null {
  if (leftGoal(deployment) !== 'tell') return null;
  const { name, revision, object } = deployment;
  const { namespace } = object.metadata;
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return {
    reason: LEFT_PAUSED,
    message: `Deployment ${name} stays paused, stable serves, and nothing that is pushed is rolled out: Sluice paused it for a release, and no Rollout manages it any more. To roll out its pod template (${revision}) without a release: kubectl rollout resume deployment/${name}${where}. To have it released step by step, opt in again; to continue with stable, write its pod template back`,
  };
}
