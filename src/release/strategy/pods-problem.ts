import type { Policy } from '../../api/rollout/rollout.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import type { Problem } from '../reasons/catalogue.ts';

const PODS = 'the canary gets its share with its ready pods, since the router (spec.traffic) has no weights';

const refused = (message: string): Problem => ({ reason: 'NeedsWeights', message });

/** What a policy asks for that pods alone cannot give, by its field. */
export function podsProblem(policy: Policy, deployment: ObservedDeployment): Problem | null {
  const { abTest, autoSteps, blueGreen, canary, rollingUpdate } = policy;
  if (rollingUpdate !== undefined && deployment.surge === 0 && canary.mode !== 'borrow')
    return {
      reason: 'UpdateNeedsSurge',
      message: `rollingUpdate: the first new pods are judged beside the old ones, and spec.strategy.rollingUpdate.maxSurge of Deployment ${deployment.name} is 0; set it to 1, and where there is no room for one pod more, canary.mode to borrow`,
    };
  if (autoSteps !== undefined)
    return refused(`autoSteps: ${PODS}, and few pods allow few weights; write steps`);
  if (abTest !== undefined) return refused(`abTest: ${PODS}, and a test needs a fixed share; write steps`);
  if (blueGreen !== undefined)
    return refused(`blueGreen: ${PODS}, and the old pods serve as long as they are ready; write steps`);
  if (canary.connect !== undefined)
    return refused(`canary.connect: ${PODS}, and not less at first; take it away`);
  if (canary.warmUp !== undefined)
    return refused(
      `canary.warmUp: ${PODS}, before anybody could warm them up; take it away, and have the readinessProbe succeed only once the model is warm`,
    );
  return null;
}
