import type { Condition } from '../../api/meta.ts';
import type { Release } from '../../api/release/release.ts';
import type { RolloutStatus } from '../../api/rollout/rollout.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { isFinal } from '../machine.ts';
import { type Problem, storedReason } from '../reasons/catalogue.ts';
import { withCondition } from '../status/conditions.ts';
import { warningsIn, withWarnings } from '../status/warnings.ts';
import { bypassOf } from './bypass.ts';
import { containmentOf, servingProblem } from './contain.ts';
import { pushedTooFast, supersededInARow, withKeepingUp } from './keeping-up.ts';
import { currentRelease, newRelease } from './new-release.ts';
import { promotionProblem } from './preflight.ts';
import type { RolloutDecision, RolloutObservation } from './rollout-observation.ts';
import { type StableVersion, stableOf } from './stable.ts';
import { isStorable, sizeProblem } from './too-large.ts';
import { notTried, retriedToken, retryAsked, triedRevision } from './tried.ts';

/** Number of finished Releases that are kept per Rollout. */
const HISTORY = 10;

function deploymentProblem(seen: RolloutObservation, deployment: ObservedDeployment): Problem | null {
  const { name } = deployment;
  if (seen.rival !== null) {
    return {
      reason: 'WorkloadTaken',
      message: `spec.target.name: Deployment ${name} is under Rollout ${seen.rival} already; delete one of the two Rollouts`,
    };
  }
  if (deployment.optedOut) {
    return {
      reason: 'OptedOut',
      message: `Deployment ${name} has the annotation sluice.dev/rollout=off: nothing is held; remove it to come back`,
    };
  }
  if (deployment.paused && !deployment.held) {
    return {
      reason: 'PausedByOwner',
      message: `Deployment ${name} was paused by its owner (spec.paused): nothing happens until it is resumed (kubectl rollout resume deployment/${name})`,
    };
  }
  return null;
}

/** Why no release can start, or the Deployment may not be touched at all. */
function problemOf(seen: RolloutObservation, stable: StableVersion | Problem | null): Problem | null {
  const { deployment, rollout, metrics, unreadable } = seen;
  if (unreadable !== null) return unreadable;
  if (deployment === null) {
    return {
      reason: 'WorkloadNotFound',
      message: `spec.target.name: there is no Deployment ${rollout.spec.target.name} in the namespace; create it or correct the name`,
    };
  }
  const found = deploymentProblem(seen, deployment);
  if (found !== null) return found;
  if ('problem' in metrics) return metrics.problem;
  return stable !== null && 'reason' in stable ? stable : null;
}

function lastOf({ releases, rollout }: RolloutObservation): RolloutStatus['last'] {
  const last = releases.findLast((release) => isFinal(release.status?.phase ?? 'Pending'));
  if (last?.status?.finishedAt === undefined) return rollout.status?.last;
  const { phase, reason, finishedAt } = last.status;
  return {
    release: last.metadata.name,
    revision: last.spec.revision,
    outcome: phase,
    reason: reason ?? phase,
    at: finishedAt,
  };
}

/** Why the current Release does not continue by itself, if so. */
function stuck(current: Release | null): Condition | undefined {
  return current?.status?.conditions?.find(
    ({ type, status }) => type === 'Progressing' && status === 'False',
  );
}

const GATED: Problem = {
  reason: 'Gated',
  message: 'the next change of the pod template is released step by step',
};

function conditionsOf(
  seen: RolloutObservation,
  current: Release | null,
  trouble: Problem | null,
  refusal: Problem | null,
): Condition[] {
  const { rollout, now } = seen;
  const { generation } = rollout.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const before = (rollout.status?.conditions ?? []).filter(({ type }) => type !== 'Progressing' || current);
  const ready = withCondition(
    before,
    {
      type: 'Ready',
      status: trouble === null ? 'True' : 'False',
      ...(trouble ?? refusal ?? GATED),
      ...observed,
    },
    now,
  );
  const warnings = current === null ? seen.warnings : warningsIn(current.status?.conditions);
  const kept = withKeepingUp(ready, pushedTooFast(seen.releases, rollout.spec), now);
  const warned = warnings === undefined ? kept : withWarnings(kept, warnings, now);
  if (current === null) return warned;
  const phase = current.status?.phase ?? 'Pending';
  const { status, reason, message } = stuck(current) ?? {
    status: 'True' as const,
    reason: phase,
    message: `Release ${current.metadata.name} is under way`,
  };
  const progressing = { type: 'Progressing', status, reason: storedReason(reason), message, ...observed };
  return withCondition(warned, progressing, now);
}

/** The stable version: during a release, what served when it began. */
function servingOf(
  { rollout }: RolloutObservation,
  current: Release | null,
  stable: StableVersion | null,
): Pick<RolloutStatus, 'stable'> {
  if (current !== null) return { stable: current.spec.stable };
  if (stable !== null) {
    const { hash, name, template } = stable;
    const serving = { podTemplateHash: hash, replicaSet: name };
    return { stable: isStorable(template) ? { ...serving, template } : serving };
  }
  const known = rollout.status?.stable;
  return known === undefined ? {} : { stable: known };
}

function phaseOf(current: Release | null, problem: Problem | null): string {
  if (current !== null) return current.status?.phase ?? 'Pending';
  return problem === null ? 'Idle' : 'Invalid';
}

/** What is not retried automatically, and why the held version is not, if so. */
interface Tried {
  readonly tried: string | undefined;
  readonly refusal: Problem | null;
}

function triedOf(seen: RolloutObservation, stable: StableVersion | null, idle: boolean): Tried {
  const { deployment } = seen;
  const tried = triedRevision(seen, deployment, stable);
  const isHeld = tried !== undefined && idle && deployment?.held === true && deployment.revision === tried;
  return { tried, refusal: isHeld && !retryAsked(seen) ? notTried(seen, tried) : null };
}

/** What is known of the past is kept through releases. */
function learntOf({ learnt, rollout }: RolloutObservation): Pick<RolloutStatus, 'learnt'> {
  const known = learnt ?? rollout.status?.learnt;
  return known === undefined ? {} : { learnt: known };
}

function statusOf(
  seen: RolloutObservation,
  stable: StableVersion | null,
  problems: Pick<RolloutDecision, 'problem' | 'trouble'>,
  { tried, refusal }: Tried,
): RolloutStatus {
  const { generation } = seen.rollout.metadata;
  const current = currentRelease(seen.releases);
  const last = lastOf(seen);
  const retried = retriedToken(seen);
  const superseded = supersededInARow(seen.releases);
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: phaseOf(current, problems.problem),
    ...servingOf(seen, current, stable),
    ...(tried === undefined ? {} : { tried }),
    ...(retried === undefined ? {} : { retried }),
    ...(superseded === 0 ? {} : { superseded }),
    ...(current === null ? {} : { release: current.metadata.name, weight: current.status?.weight ?? 0 }),
    ...(last === undefined ? {} : { last }),
    ...learntOf(seen),
    conditions: conditionsOf(seen, current, problems.trouble, refusal),
  };
}

function gateOf(
  { deployment, rollout, rival, unreadable }: RolloutObservation,
  idle: boolean,
): RolloutDecision['gate'] {
  if (deployment === null || rival !== null || unreadable !== null) return 'leave';
  const mine = deployment.gate === rollout.metadata.name;
  if (deployment.optedOut) return mine && idle ? 'take' : 'leave';
  return mine && deployment.left === undefined ? 'leave' : 'put';
}

type Facts = Pick<RolloutDecision, 'bypass' | 'containment' | 'problem'> & {
  readonly stable: StableVersion | null;
};

/** The stable version, and why no release can start; after a change that was not held, what served before it. */
function servingFacts(seen: RolloutObservation, idle: boolean): Facts {
  const mine = idle && seen.rival === null && seen.unreadable === null;
  const bypass = mine ? bypassOf(seen) : null;
  const found = bypass?.stable ?? stableOf(seen);
  const containment = containmentOf(seen, found);
  const stable = found !== null && !('reason' in found) ? found : null;
  if (bypass !== null) return { bypass, containment, stable, problem: bypass.problem };
  const problem = problemOf(seen, idle ? found : null);
  return { bypass, containment, stable, problem: problem ?? (idle ? containment.problem : null) };
}

/** Warnings that stop nothing. */
function warningOf(
  seen: RolloutObservation,
  { containment, stable }: Facts,
  current: Release | null,
): Problem | null {
  const { deployment, preflight } = seen;
  const serving = seen.refused ?? containment.problem ?? servingProblem(seen, stable);
  if (serving !== null || current === null) return serving ?? preflight;
  return deployment === null ? null : promotionProblem(deployment, current);
}

/** Decides everything around the current Release: gate, start, resume, history. Pure and total. */
export function decideRollout(seen: RolloutObservation): RolloutDecision {
  const { deployment, metrics, releases } = seen;
  const current = currentRelease(releases);
  const idle = current === null;
  const facts = servingFacts(seen, idle);
  const { bypass, containment, stable, problem } = facts;
  const trouble = problem ?? warningOf(seen, facts, current);
  const tried = triedOf(seen, stable, idle);
  const status = statusOf(seen, stable, { problem, trouble }, tried);
  const held = idle && problem === null && deployment?.held === true && stable !== null;
  const newer = held && deployment.revision !== stable.revision;
  const wanted = newer && 'metrics' in metrics && tried.refusal === null;
  const finished = releases.filter((release) => isFinal(release.status?.phase ?? 'Pending'));
  const start = wanted ? newRelease(seen, deployment, stable, metrics.metrics) : null;
  const decision: RolloutDecision = {
    status,
    start,
    gate: gateOf(seen, idle),
    resume: held && !newer,
    bypass,
    containment,
    problem,
    refusal: tried.refusal,
    trouble,
    tooFast: pushedTooFast(releases, seen.rollout.spec),
    prune: finished.slice(0, Math.max(0, finished.length - HISTORY)),
  };
  const tooLarge = start === null || !wanted ? null : sizeProblem(start, deployment.template);
  return tooLarge === null ? decision : withoutStart(seen, decision, tooLarge);
}

/** The decision if its Release cannot be created: the Deployment stays held, and the reason is reported. */
export function withoutStart(
  seen: RolloutObservation,
  decision: RolloutDecision,
  problem: Problem,
): RolloutDecision {
  const conditions = conditionsOf(seen, null, problem, null);
  const status = { ...decision.status, phase: phaseOf(null, problem), conditions };
  return { ...decision, status, start: null, problem, trouble: problem };
}
