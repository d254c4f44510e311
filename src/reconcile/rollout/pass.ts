import type { Condition, KubeObject } from '../../api/meta.ts';
import type { Release } from '../../api/release.ts';
import { canonical } from '../../api/values/canonical.ts';
import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import { hasNews } from '../../people/deliver.ts';
import { approveFromGit } from '../../people/git-approval.ts';
import { parseRollout } from '../../release/parse.ts';
import { type Problem, reasonInfo, storedReason } from '../../release/reasons/catalogue.ts';
import { BYPASSED } from '../../release/rollout/bypass.ts';
import { decideRollout, withoutStart } from '../../release/rollout/decide-rollout.ts';
import { wasTold } from '../../release/rollout/keeping-up.ts';
import { leftProblem } from '../../release/rollout/left.ts';
import { currentRelease, FINALIZER } from '../../release/rollout/new-release.ts';
import { type RolloutDecision, type RolloutObservation } from '../../release/rollout/rollout-observation.ts';
import { statusDueAt } from '../../release/rollout/rollout-status-throttle.ts';
import { withCondition } from '../../release/status/conditions.ts';
import { hasEnded, releasesOf } from '../read/releases.ts';
import { commitStatus, commitWrites, holdOperations, resumeOperations } from '../release/commit.ts';
import { earliest, type PassDeps, passRelease, releaseFinalizer } from '../release/pass.ts';
import { AGAIN_MS, refusalOf } from '../report-refused-write.ts';
import { showOnWorkload } from '../workload/condition.ts';
import { contain } from '../workload/containment.ts';
import { disown } from '../workload/disown.ts';
import { gateOperations, passLeft, ungateOperations } from '../workload/left-paused.ts';
import { removeOrphans } from '../workload/orphan.ts';
import { finishRollout, ungateWorkloads } from '../workload/ungate.ts';
import { observeRollout } from './observe.ts';

type Status = { readonly conditions?: readonly Condition[] };

function readyOf(rollout: KubeObject): Condition | undefined {
  const { conditions } = (rollout['status'] ?? {}) as Status;
  return Array.isArray(conditions) ? conditions.find(({ type }) => type === 'Ready') : undefined;
}

/** Says what is wrong, once, on everything that it concerns. */
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

/** Waits that a person has chosen are no fault of the workload. */
const isChosen = (reason: string): boolean => reasonInfo(reason).kind === 'person';

/** What the Deployment itself is to show: a fault of the Rollout, or why its release does not go on or begin. */
function faultOf({ status, trouble, refusal, tooFast }: RolloutDecision): Problem | null {
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

async function commitWorkload(
  deps: PassDeps,
  seen: RolloutObservation,
  { gate, resume, bypass, status }: RolloutDecision,
): Promise<void> {
  const { deployment, rollout, owned } = seen;
  if (deployment === null) return;
  const { object } = deployment;
  const stable = owned.find(({ hash }) => hash === status.stable?.podTemplateHash);
  const put = gate === 'put' ? gateOperations(deployment, rollout.metadata.name) : [];
  const take = gate === 'take' ? ungateOperations(deployment, stable) : [];
  const pause = bypass?.pause === true ? holdOperations(object, BYPASSED) : [];
  const operations = [...put, ...take, ...pause, ...(resume ? resumeOperations(deployment) : [])];
  if (operations.length > 0) await deps.writer.patch(object, [ifUnchanged(object), ...operations]);
}

/**
 * What is to be told of the Rollout. What concerns a release that is under way, its own pass tells on everything; but what
 * this pass mends, that one may never see.
 */
function newsOf({ releases, refused }: RolloutObservation, decision: RolloutDecision): Problem | null {
  const { trouble, refusal, problem, containment } = decision;
  if (currentRelease(releases) === null) return trouble ?? refusal;
  return problem ?? refused ?? containment.problem ?? (containment.make === null ? null : trouble);
}

function tell(deps: PassDeps, seen: RolloutObservation, decision: RolloutDecision): void {
  const { rollout, deployment } = seen;
  const problem = newsOf(seen, decision);
  if (problem !== null) tellProblem(deps, rollout, deployment?.object ?? null, problem);
  const { tooFast } = decision;
  if (tooFast === null || wasTold(rollout.status?.conditions)) return;
  for (const object of deployment === null ? [rollout] : [rollout, deployment.object])
    deps.events.record(object, 'Warning', tooFast.reason, tooFast.message);
}

/** One that has been let go shows that, whatever its Rollout says. */
async function showOnDeployment(
  deps: PassDeps,
  seen: RolloutObservation,
  fault: Problem | null,
): Promise<void> {
  const { rollout, deployment, now } = seen;
  const object = deps.store.get('Deployment', rollout.metadata.namespace ?? '', rollout.spec.target.name);
  if (object === null) return;
  const left = deployment === null ? null : leftProblem(deployment);
  if (left === null) await showOnWorkload(deps.writer, object, 'rollout', fault, now);
  else await passLeft(deps, object, now);
}

/**
 * Makes the Release, before the status is written: where the API server refuses it, the status says so instead. Answers
 * what is then the case.
 */
async function begun(
  deps: PassDeps,
  seen: RolloutObservation,
  decision: RolloutDecision,
): Promise<RolloutDecision> {
  if (decision.start === null) return decision;
  try {
    await deps.writer.create(decision.start);
    return decision;
  } catch (error) {
    const why = refusalOf(error);
    if (why === null) throw error;
    const message = `the API server takes no Release for this version: ${why}`.slice(0, 2_048);
    return withoutStart(seen, decision, { reason: 'ReleaseRefused', message });
  }
}

/** Clears what releases that are over have left in the routes. Answers when to go on with it. */
async function commitLeftovers(deps: PassDeps, seen: RolloutObservation): Promise<number | undefined> {
  const { leftovers, rollout, deployment } = seen;
  if (leftovers === null) return undefined;
  await commitWrites(deps.writer, leftovers.writes);
  if (leftovers.problem !== null) {
    const { reason, message } = leftovers.problem;
    deps.events.record(rollout, 'Warning', reason, message);
    if (deployment !== null) deps.events.record(deployment.object, 'Warning', reason, message);
  }
  return leftovers.againAt;
}

/** Answers when to come back: the status is not yet worth a write, or the Release was refused. */
async function commitRollout(
  deps: PassDeps,
  seen: RolloutObservation,
  wanted: RolloutDecision,
): Promise<number | undefined> {
  const { rollout, deployment, now } = seen;
  const decision = await begun(deps, seen, wanted);
  const dueAt = statusDueAt(rollout.status, decision.status, currentRelease(seen.releases));
  if (dueAt !== null && dueAt <= now) {
    await commitStatus(deps.writer, rollout, decision.status);
    tell(deps, seen, decision);
  }
  const clearedAt = await commitLeftovers(deps, seen);
  await commitWorkload(deps, seen, decision);
  for (const old of decision.prune) await deps.writer.remove(old);
  if (deployment !== null) await removeOrphans(deps, deployment);
  if (seen.rival === null) await showOnDeployment(deps, seen, faultOf(decision));
  const againAt = decision === wanted ? undefined : now + AGAIN_MS;
  return earliest(dueAt !== null && dueAt > now ? dueAt : undefined, againAt, clearedAt);
}

async function withFinalizer({ writer }: PassDeps, rollout: KubeObject): Promise<KubeObject> {
  const { finalizers } = rollout.metadata;
  if (finalizers?.includes(FINALIZER) === true) return rollout;
  const add: PatchOperation =
    finalizers === undefined
      ? { op: 'add', path: '/metadata/finalizers', value: [FINALIZER] }
      : { op: 'add', path: '/metadata/finalizers/-', value: FINALIZER };
  return writer.patch(rollout, [ifUnchanged(rollout), add]);
}

/** How long a Release that is deleted stays after its end, so that its end can be told. */
const TELL_MS = 20_000;

/** Until when a Release is to stay because somebody does not know of its end, epoch milliseconds. */
function untoldUntil(release: Release): number {
  const { finishedAt } = release.status ?? {};
  const isGoing = release.metadata.deletionTimestamp !== undefined && finishedAt !== undefined;
  return isGoing && hasNews(release) ? Date.parse(finishedAt) + TELL_MS : 0;
}

/**
 * Ended Releases need no finalizer any more; only now, since what is deleted would be forgotten and tried again. Answers
 * when to come back for one that is to stay a while.
 */
async function freeFinished(
  deps: PassDeps,
  releases: readonly Release[],
  now: number,
): Promise<number | undefined> {
  let againAt: number | undefined;
  for (const release of releases) {
    if (!hasEnded(release)) continue;
    const until = untoldUntil(release);
    if (until > now) againAt = earliest(againAt, until);
    else await releaseFinalizer(deps, release);
  }
  return againAt;
}

/** A Rollout that cannot be read gates nothing new, and says so. */
async function refuse(deps: PassDeps, rollout: KubeObject, problem: Problem, now: number): Promise<void> {
  const before = (rollout['status'] ?? {}) as Status;
  const known = Array.isArray(before.conditions) ? before.conditions : [];
  const conditions = withCondition(known, { type: 'Ready', status: 'False', ...problem }, now);
  if (canonical(known) === canonical(conditions)) return;
  await commitStatus(deps.writer, rollout, { ...before, phase: 'Invalid', conditions });
  tellProblem(deps, rollout, null, problem);
}

async function passDeleted(deps: PassDeps, rollout: KubeObject, now: number): Promise<number | undefined> {
  const { namespace = '', name } = rollout.metadata;
  const { readable, unreadable } = releasesOf(deps, namespace, name);
  const againAt = await freeFinished(deps, readable, now);
  if (unreadable !== null) await refuse(deps, rollout, unreadable, now);
  if (currentRelease(readable) !== null || unreadable !== null) return againAt;
  const parsed = parseRollout(rollout, deps.routers);
  if ('value' in parsed) {
    const seen = observeRollout(deps, parsed.value, now);
    const clearedAt = await commitLeftovers(deps, seen);
    if (clearedAt !== undefined) return earliest(againAt, clearedAt);
  }
  await ungateWorkloads(deps, namespace, { name, object: rollout }, now);
  const { target } = (rollout['spec'] ?? {}) as { target?: { name?: string } };
  await disown(deps, namespace, target?.name);
  deps.telemetry.forget(namespace, name);
  await finishRollout(deps, rollout);
  return againAt;
}

/** A Deployment that is let go while it is held is left with stable serving. */
async function leaveStable(deps: PassDeps, rollout: KubeObject, now: number): Promise<void> {
  const parsed = parseRollout(rollout, deps.routers);
  if ('problem' in parsed) return;
  const seen = observeRollout(deps, parsed.value, now);
  await contain(deps, seen, decideRollout(seen).containment);
}

/** One pass over a Rollout: its current Release first, then what is around it. Answers when to come back. */
export async function passRollout(
  deps: PassDeps,
  rollout: KubeObject,
  now: number,
): Promise<number | undefined> {
  const { namespace = '', name, deletionTimestamp } = rollout.metadata;
  const current = currentRelease(releasesOf(deps, namespace, name).readable);
  const wakeAt = current === null ? undefined : await passRelease(deps, rollout, current, now);
  if (current !== null) {
    const workload = deps.store.get('Deployment', namespace, current.spec.workload.name);
    await approveFromGit(deps, current, [rollout, workload]);
  }
  if (deletionTimestamp !== undefined) {
    await leaveStable(deps, rollout, now);
    return earliest(wakeAt, await passDeleted(deps, rollout, now));
  }
  const parsed = parseRollout(await withFinalizer(deps, rollout), deps.routers);
  if ('problem' in parsed) {
    await refuse(deps, rollout, parsed.problem, now);
    return wakeAt;
  }
  const seen = observeRollout(deps, parsed.value, now);
  const first = decideRollout(seen);
  const { refused, againAt: containAt } = await contain(deps, seen, first.containment);
  const decision = refused === null ? first : decideRollout({ ...seen, refused });
  const dueAt = await commitRollout(deps, seen, decision);
  const againAt = await freeFinished(deps, seen.releases, now);
  await disown(deps, namespace, seen.rollout.spec.target.name);
  return earliest(wakeAt, dueAt, againAt, containAt);
}

/** Releases and Deployments whose Rollout has vanished without its finalizer are still taken back in order. */
export async function passOrphans(
  deps: PassDeps,
  namespace: string,
  rollout: string,
  now: number,
): Promise<number | undefined> {
  const { readable, unreadable } = releasesOf(deps, namespace, rollout);
  const current = currentRelease(readable);
  if (current !== null) return passRelease(deps, null, current, now);
  const againAt = await freeFinished(deps, readable, now);
  if (unreadable === null) await ungateWorkloads(deps, namespace, { name: rollout, object: null }, now);
  await disown(deps, namespace, readable.at(-1)?.spec.workload.name);
  return againAt;
}
