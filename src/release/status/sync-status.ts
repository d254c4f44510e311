import type { RecordedPlan, ReleaseStatus } from '../../api/release/release.ts';
import type { RouteGoal } from '../../traffic/goal.ts';
import { withBaseline } from '../baseline.ts';
import { withBorrowedPod } from '../canary/borrowed-pod.ts';
import { shareOfPods } from '../canary/pod-share.ts';
import { canaryPodsAt, handoverSize } from '../canary/size.ts';
import { goalKey, routeGoal, routeStateOf } from '../desired.ts';
import { isFinal } from '../machine.ts';
import type { DecisionContext, Observation } from '../observed.ts';
import { queues } from '../rollout/queue.ts';
import { stageOf } from '../stages/table.ts';
import { stepCount, stepLoad } from '../strategy/steps.ts';
import { untakenUntil } from './untaken.ts';

type Refresh = (observation: DecisionContext, status: ReleaseStatus) => ReleaseStatus;

/**
 * The canary follows the Deployment's size, which an autoscaler may change at any time, until the handover. If it
 * returns from the promotion to its last step because no pod was ready, it keeps the pods for the handover: some may
 * have been loading for minutes.
 */
const withReplicas: Refresh = ({ deployment, release: { spec } }, status) => {
  if (deployment === null) return status;
  const { step } = status;
  const sized = stageOf(status).size;
  if (sized === 'kept') return status;
  const size = canaryPodsAt(spec, deployment, stepLoad(spec.policy, status, step) ?? 100);
  const most = handoverSize(deployment.replicas, deployment.surge, size);
  const isLast = sized === 'step' && step + 1 === stepCount(spec.policy, status);
  const kept = isLast ? Math.max(size, Math.min(status.replicas, most)) : size;
  return { ...status, replicas: sized === 'handover' ? most : kept };
};

/**
 * While the API server refuses the stable template, the native update continues, and can remove the last stable pods
 * next: their own subset would be empty.
 */
function isGoingOn({ deployment, refusals, stableRevision }: Observation, ready: number): boolean {
  if (deployment === null || refusals?.deployment === undefined) return false;
  return deployment.revision !== stableRevision && ready <= deployment.surge + deployment.unavailable;
}

/**
 * While an update is reverted, the canary keeps the traffic that the ready stable pods are too few for. As soon as they
 * are as many as the Deployment requires (`maxUnavailable`), it gets nothing: the native update may remove the rest at
 * once. If it has no more pods than are missing, the next step can remove the last of them, and its own subset would be
 * empty: then all ready pods of the Service share the traffic, which is about the same.
 */
const withRetreat: Refresh = (observation, before) => {
  const { deployment, stable, canary } = observation;
  if (stageOf(before).route !== 'returning' || deployment === null) return before;
  const { shared: _old, ...status } = before;
  const mine = stable !== null && stable.ownerUid === deployment.uid ? stable.ready : 0;
  const others = canary?.ready ?? 0;
  if (mine === 0) return { ...status, weight: 100, shared: true };
  const needed = Math.max(1, deployment.replicas - deployment.unavailable);
  const missing = Math.max(0, needed - mine);
  const share = Math.min(99, Math.ceil((100 * others) / (mine + others)));
  if (others > 0 && isGoingOn(observation, mine)) return { ...status, weight: share, shared: true };
  if (others === 0 || missing === 0) return { ...status, weight: 0 };
  if (others <= missing) return { ...status, weight: share, shared: true };
  return { ...status, weight: Math.min(99, Math.ceil((100 * missing) / needed)) };
};

/** After the handover, a canary that has all traffic and no ready pod shares it with whatever is ready. */
const withSharing: Refresh = ({ canary }, before) => {
  if (stageOf(before).route !== 'keptWhole' || before.handedOver !== true) return before;
  const { shared: _old, ...status } = before;
  return before.weight === 100 && (canary?.ready ?? 0) === 0 ? { ...status, shared: true } : status;
};

/**
 * Where pods divide the traffic, the canary gets the share that its ready pods are, whatever the stage wants; the first
 * of them exposes it.
 */
const withShare: Refresh = ({ release, canary, stable, now }, status) => {
  if (release.spec.shares !== 'pods' || isFinal(status.phase)) return status;
  const weight = shareOfPods(canary?.ready ?? 0, stable?.ready ?? 0);
  const isFirst = weight > 0 && status.exposedAt === undefined;
  return { ...status, weight, ...(isFirst ? { exposedAt: new Date(now).toISOString() } : {}) };
};

/** When the canary was first observed out of the routes: later changes by others do not move it. */
function withdrawnAt(
  { phase, withdrawnAt: known }: ReleaseStatus,
  confirmedAt: string,
): Partial<ReleaseStatus> {
  return phase === 'Aborting' ? { withdrawnAt: known ?? confirmedAt } : {};
}

/** A goal as one word. Where pods divide the traffic, it is their number. */
function keyOf({ release }: Observation, status: ReleaseStatus): string | undefined {
  const key = goalKey(routeGoal(status));
  return key !== undefined && release.spec.shares === 'pods' ? `pods:${status.replicas}` : key;
}

/** Whether the pods that divide the traffic are ready: all at first, and any from then on. */
function isShared(
  { release, canary }: Observation,
  { replicas, phase }: ReleaseStatus,
  known?: string,
): boolean {
  if (release.spec.shares !== 'pods' || phase === 'Aborting') return true;
  return (canary?.ready ?? 0) >= (known === undefined ? replicas : 1);
}

/** Whether the goal is an abort's, which waits for a data plane for a while only. */
const isPatient = ({ phase }: ReleaseStatus, { kind }: RouteGoal): boolean =>
  kind === 'withdrawn' || (kind === 'prepared' && phase === 'Aborting');

/** Whether the routes match the goal, and the data plane has taken them, or an abort no longer waits for that. */
function isConfirmed(observation: DecisionContext, status: ReleaseStatus, goal: RouteGoal): boolean {
  const state = routeStateOf(observation, status);
  if (state?.kind !== 'asDesired') return false;
  return (
    state.untaken === undefined ||
    (isPatient(status, goal) && untakenUntil(observation, status) === undefined)
  );
}

/** Records since when the routes match the goal; a new goal, or a difference, restarts the time. */
const withRoute: Refresh = (observation, status) => {
  const goal = routeGoal(status);
  const { routeGoal: oldKey, routeConfirmedAt: oldAt, ...rest } = status;
  const key = keyOf(observation, status);
  if (goal === null || key === undefined) return rest;
  if (!isConfirmed(observation, status, goal)) return { ...rest, routeGoal: key };
  const known = key === oldKey ? oldAt : undefined;
  if (!isShared(observation, status, known)) return { ...rest, routeGoal: key };
  const routeConfirmedAt = known ?? new Date(observation.now).toISOString();
  return { ...rest, routeGoal: key, routeConfirmedAt, ...withdrawnAt(rest, routeConfirmedAt) };
};

/** Lost pods are replaced by others, which must load. Unknown facts about them stay as they were. */
const withReplacing: Refresh = ({ pods }, before) => {
  const { replacing, ...status } = before;
  if (!stageOf(before).recovers) return status;
  const is = pods === undefined ? replacing === true : pods.lapsed === null;
  return is ? { ...status, replacing: true } : status;
};

/**
 * Before the handover the Deployment keeps the newer template: it is only recorded, so that the handover can write the
 * canary's.
 */
const withQueued: Refresh = ({ deployment, release, stableRevision }, before) => {
  const { next: _old, ...status } = before;
  if (deployment === null) return before;
  const { revision, template } = deployment;
  const isNewer = revision !== release.spec.revision && revision !== stableRevision;
  return isNewer ? { ...status, next: template } : status;
};

/** A template pushed after the handover is kept and written back at the end, for its own release. */
const withNext: Refresh = (observation, status) => {
  const { ownsTemplate, updateAhead } = stageOf(status);
  const { deployment, release, stableRevision } = observation;
  if (status.handedOver !== true && updateAhead && queues(observation))
    return withQueued(observation, status);
  if (deployment === null || !ownsTemplate) return status;
  const { revision, template } = deployment;
  if (revision === stableRevision && status.phase === 'Promoting') {
    const { next: _taken, ...rest } = status;
    return rest;
  }
  if (revision === release.spec.revision || revision === stableRevision) return status;
  return { ...status, next: template };
};

/** While Pending, the routes are planned in every pass; the last plan applies. */
const withPlan: Refresh = ({ preflight, router }, status) => {
  if (status.phase !== 'Pending' || preflight === null || 'problem' in preflight) return status;
  const { service, data } = preflight.plan;
  return { ...status, service, plan: { router: router.name, data: data as RecordedPlan['data'] } };
};

/** Records the objects that the release has created, so that they are recognised whatever their labels become. */
const withOwn: Refresh = ({ routeObjects }, status) =>
  routeObjects.length === 0 || status.plan === undefined
    ? status
    : { ...status, routeObjects: [...routeObjects] };

const REFRESHES: readonly Refresh[] = [
  withPlan,
  withNext,
  withBorrowedPod,
  withReplicas,
  withRetreat,
  withSharing,
  withShare,
  withReplacing,
  withRoute,
  withOwn,
  withBaseline,
];

/** Copies observed facts into the status, as far as they do not cause a transition. */
export function syncStatus(observation: DecisionContext, status: ReleaseStatus): ReleaseStatus {
  return REFRESHES.reduce((known, one) => one(observation, known), status);
}
