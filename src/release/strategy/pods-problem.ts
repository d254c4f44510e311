import type { Policy } from '../../api/rollout/rollout.ts';
import type { Problem } from '../reasons/catalogue.ts';

const PODS = 'the canary gets its share with its ready pods, since the router (spec.traffic) has no weights';

const refused = (message: string): Problem => ({ reason: 'NeedsWeights', message });

/** What a policy asks for that only weights of routes can give, by its field. */
export function podsProblem({ autoSteps, canary }: Policy): Problem | null {
  if (autoSteps !== undefined)
    return refused(`autoSteps: ${PODS}, and few pods allow few weights; write steps`);
  if (canary.connect !== undefined)
    return refused(`canary.connect: ${PODS}, and not less at first; take it away`);
  if (canary.warmUp !== undefined)
    return refused(
      `canary.warmUp: ${PODS}, before anybody could warm them up; take it away, and have the readinessProbe succeed only once the model is warm`,
    );
  return null;
}
