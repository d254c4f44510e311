import type { Condition, KubeObject } from '../../api/meta.ts';
import { canonical } from '../../api/values/canonical.ts';
import { type Problem, reasonInfo, storedReason } from '../../release/reasons/catalogue.ts';
import { wasReported } from '../../release/rollout/keeping-up.ts';
import { currentRelease } from '../../release/rollout/new-release.ts';
import type { RolloutDecision, RolloutObservation } from '../../release/rollout/rollout-observation.ts';
import { withCondition } from '../../release/status/conditions.ts';
import type { PassDeps } from '../pass-deps.ts';
import { commitStatus } from '../write/status.ts';

type Status = { readonly conditions?: readonly Condition[] };

function readyOf(rollout: KubeObject): Condition | undefined {
  const { conditions } = (rollout['status'] ?? {}) as Status;
  return Array.isArray(conditions) ? conditions.find(({ type }) => type === 'Ready') : undefined;
}

/** Reports a problem once, on every object that it concerns. */
function tellProblem(
  { events, log }: PassDeps,
  rollout: KubeObject,
  deployment: KubeObject | null,
  problem: Problem,
): void {
  if (readyOf(rollout)?.reason === problem.reason || reasonInfo(problem.reason).quiet === true) return;
  const { namespace, name } = rollout.metadata;
  events.record(rollout, 'Warning', problem.reason, problem.message);
  if (deployment !== null) events.record(deployment, 'Warning', problem.reason, problem.message);
  log.warn({ rollout: `${namespace}/${name}`, ...problem }, 'rollout has a problem');
}

/** Waits that a person chose are not problems of the workload. */
const isChosen = (reason: string): boolean => reasonInfo(reason).kind === 'person';

/** The problem to show on the Deployment: one of the Rollout, or why its release does not continue or begin. */
export function faultOf({ status, trouble, refusal, tooFast }: RolloutDecision): Problem | null {
  const waiting = status.conditions?.find(
    ({ type, status: held, reason }) => type === 'Progressing' && held === 'False' && !isChosen(reason),
  );
  const chosen = waiting !== undefined && isChosen(waiting.reason);
  // What the release itself says of it has the command.
  const better =
    trouble !== null && reasonInfo(trouble.reason).quiet === true && !chosen ? waiting : undefined;
  const fault = better ?? trouble ?? waiting ?? refusal ?? tooFast;
  return fault === null || isChosen(fault.reason)
    ? null
    : { reason: storedReason(fault.reason), message: fault.message };
}

/**
 * Events of the Rollout. A running release reports its own problems; but it may never see those that this pass repairs.
 */
function newsOf({ releases, refused }: RolloutObservation, decision: RolloutDecision): Problem | null {
  const { trouble, refusal, problem, containment } = decision;
  if (currentRelease(releases) === null) return trouble ?? refusal;
  return problem ?? refused ?? containment.problem ?? (containment.make === null ? null : trouble);
}

/** Says what is wrong, once. */
export function tell(deps: PassDeps, observation: RolloutObservation, decision: RolloutDecision): void {
  const { rollout, deployment } = observation;
  const problem = newsOf(observation, decision);
  if (problem !== null) tellProblem(deps, rollout, deployment?.object ?? null, problem);
  const { tooFast } = decision;
  if (tooFast === null || wasReported(rollout.status?.conditions)) return;
  for (const object of deployment === null ? [rollout] : [rollout, deployment.object])
    deps.events.record(object, 'Warning', tooFast.reason, tooFast.message);
}

/** An unreadable Rollout gates nothing new, and reports its problem. */
export async function refuse(
  deps: PassDeps,
  rollout: KubeObject,
  problem: Problem,
  now: number,
): Promise<void> {
  const before = (rollout['status'] ?? {}) as Status;
  const known = Array.isArray(before.conditions) ? before.conditions : [];
  const conditions = withCondition(known, { type: 'Ready', status: 'False', ...problem }, now);
  if (canonical(known) === canonical(conditions)) return;
  await commitStatus(deps.writer, rollout, { ...before, phase: 'Invalid', conditions });
  tellProblem(deps, rollout, null, problem);
}
