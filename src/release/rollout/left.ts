import type { ObservedDeployment } from '../../workload/workload.ts';
import type { Problem } from '../reasons/catalogue.ts';

/** Reason of the condition on a Deployment that Sluice has paused and does not look after any more. */
export const LEFT_PAUSED = 'LeftPaused';

/**
 * What becomes of a Deployment that was let go while it was held. To resume it would roll out a version that nobody has
 * released, so it stays paused on stable until a person says so, or stable's own template stands in it again.
 */
export type LeftGoal = 'none' | 'unmark' | 'resume' | 'tell';

/** Decides it. One that is under a gate (again) is that Rollout's to look after. */
export function leftGoal({ left, gate, paused, revision }: ObservedDeployment): LeftGoal {
  if (left === undefined || gate !== undefined) return 'none';
  if (!paused) return 'unmark';
  return revision === left ? 'resume' : 'tell';
}

/** What a Deployment that stays paused says. It names the revision, so that a later push is told of as well. */
export function leftProblem(deployment: ObservedDeployment): Problem | null {
  if (leftGoal(deployment) !== 'tell') return null;
  const { name, revision, object } = deployment;
  const { namespace } = object.metadata;
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return {
    reason: LEFT_PAUSED,
    message: `Deployment ${name} stays paused, stable serves, and nothing that is pushed is rolled out: Sluice paused it for a release, and no Rollout looks after it any more. To roll out its pod template (${revision}) without a release: kubectl rollout resume deployment/${name}${where}. To have it released step by step, opt in again; to go on with stable, write its pod template back`,
  };
}
