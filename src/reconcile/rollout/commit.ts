import { ifUnchanged } from '../../api/values/json-patch.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import { BYPASSED } from '../../release/rollout/bypass.ts';
import { withoutStart } from '../../release/rollout/decide-rollout.ts';
import { leftProblem } from '../../release/rollout/left.ts';
import { currentRelease } from '../../release/rollout/new-release.ts';
import type { RolloutDecision, RolloutObservation } from '../../release/rollout/rollout-observation.ts';
import { statusDueAt } from '../../release/rollout/rollout-status-throttle.ts';
import { traceparentProblem } from '../../release/trace/trace.ts';
import { earliest, type PassDeps } from '../pass-deps.ts';
import { AGAIN_MS, refusalOf } from '../report-refused-write.ts';
import { showOnWorkload } from '../workload/condition.ts';
import { gateOperations, passLeft, ungateOperations } from '../workload/left-paused.ts';
import { removeOrphans } from '../workload/orphan.ts';
import { holdOperations, resumeOperations } from '../write/hold.ts';
import { commitWrites } from '../write/routes.ts';
import { commitStatusFields } from '../write/status.ts';
import { faultOf, tell } from './tell.ts';

async function commitWorkload(
  deps: PassDeps,
  observation: RolloutObservation,
  { gate, resume, bypass, status }: RolloutDecision,
): Promise<void> {
  const { deployment, rollout, owned } = observation;
  if (deployment === null) return;
  const { object } = deployment;
  const stable = owned.find(({ hash }) => hash === status.stable?.podTemplateHash);
  const put = gate === 'put' ? gateOperations(deployment, rollout.metadata.name) : [];
  const take = gate === 'take' ? ungateOperations(deployment, stable) : [];
  const pause = bypass?.pause === true ? holdOperations(object, BYPASSED) : [];
  const operations = [...put, ...take, ...pause, ...(resume ? resumeOperations(deployment) : [])];
  if (operations.length > 0) await deps.writer.patch(object, [ifUnchanged(object), ...operations]);
}

/** A Deployment without its Rollout shows that, whatever the Rollout says. */
async function showOnDeployment(
  deps: PassDeps,
  observation: RolloutObservation,
  fault: Problem | null,
): Promise<void> {
  const { rollout, deployment, now } = observation;
  const object = deps.store.get('Deployment', rollout.metadata.namespace ?? '', rollout.spec.target.name);
  if (object === null) return;
  const left = deployment === null ? null : leftProblem(deployment);
  if (left === null) await showOnWorkload(deps.writer, object, 'rollout', fault, now);
  else await passLeft(deps, object, now);
}

function tellTraceparent({ events }: PassDeps, { deployment }: RolloutObservation): void {
  if (deployment === null) return;
  const problem = traceparentProblem(deployment.object);
  if (problem !== null) events.record(deployment.object, 'Warning', problem.reason, problem.message);
}

/**
 * Creates the Release before the status is written: if the API server refuses it, the status says so. Returns the
 * resulting decision.
 */
async function begun(
  deps: PassDeps,
  observation: RolloutObservation,
  decision: RolloutDecision,
): Promise<RolloutDecision> {
  if (decision.start === null) return decision;
  try {
    await deps.writer.create(decision.start);
    tellTraceparent(deps, observation);
    return decision;
  } catch (error) {
    const why = refusalOf(error);
    if (why === null) throw error;
    const message = `the API server takes no Release for this version: ${why}`.slice(0, 2_048);
    return withoutStart(observation, decision, { reason: 'ReleaseRefused', message });
  }
}

/** Removes what ended releases have left in the routes. Returns when to continue. */
export async function commitLeftovers(
  deps: PassDeps,
  observation: RolloutObservation,
): Promise<number | undefined> {
  const { leftovers, rollout, deployment } = observation;
  if (leftovers === null) return undefined;
  await commitWrites(deps.writer, leftovers.writes);
  if (leftovers.problem !== null) {
    const { reason, message } = leftovers.problem;
    deps.events.record(rollout, 'Warning', reason, message);
    if (deployment !== null) deps.events.record(deployment.object, 'Warning', reason, message);
  }
  return leftovers.againAt;
}

/** Returns when to run again: the status is not due yet, or the Release was refused. */
export async function commitRollout(
  deps: PassDeps,
  observation: RolloutObservation,
  wanted: RolloutDecision,
): Promise<number | undefined> {
  const { rollout, deployment, now } = observation;
  const decision = await begun(deps, observation, wanted);
  const dueAt = statusDueAt(rollout.status, decision.status, currentRelease(observation.releases));
  if (dueAt !== null && dueAt <= now) {
    await commitStatusFields(deps.writer, rollout, decision.status);
    tell(deps, observation, decision);
  }
  const clearedAt = await commitLeftovers(deps, observation);
  await commitWorkload(deps, observation, decision);
  for (const old of decision.prune) await deps.writer.remove(old);
  if (deployment !== null) await removeOrphans(deps, deployment);
  if (observation.rival === null) await showOnDeployment(deps, observation, faultOf(decision));
  const againAt = decision === wanted ? undefined : now + AGAIN_MS;
  return earliest(dueAt !== null && dueAt > now ? dueAt : undefined, againAt, clearedAt);
}
