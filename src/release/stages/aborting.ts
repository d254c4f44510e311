import type { Place, StageOf } from '../../api/places.ts';
import type { ReleaseStatus } from '../../api/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import { onceReturned } from '../canary/borrowed-pod.ts';
import { routeStateOf } from '../desired.ts';
import { named } from '../named.ts';
import type { DecisionContext, Observation } from '../observed.ts';
import { reasonInfo, storedReason } from '../reasons/catalogue.ts';
import { canaryPods, keptBy, podsAwaited } from './canary-pods.ts';
import { drained, opened } from './drain.ts';
import {
  event,
  isHandedOver,
  type Progress,
  pausedByOwner,
  proceed,
  type StageProgress,
  unnamed,
  wait,
} from './progress.ts';

/** The release has not touched any route: nobody waits for them then. */
function noRoutes(observation: DecisionContext, status: ReleaseStatus): boolean {
  return routeStateOf(observation, status) === null;
}

/** The canary keeps its pods until `then` says so; one that never had traffic has no answers under way. */
function whenWithdrawn(
  observation: DecisionContext,
  status: ReleaseStatus,
  then: (confirmedAt: string) => Progress,
): Progress {
  if (status.exposedAt === undefined || noRoutes(observation, status))
    return proceed('Drained', 'the canary has no traffic');
  if (status.routeConfirmedAt === undefined)
    return wait('RoutesPending', 'the canary is being taken out of the routes');
  return then(status.routeConfirmedAt);
}

/** Where no route can keep all requests with stable, the canary gets its part until it goes: no look tells anything. */
function draining(observation: DecisionContext, status: ReleaseStatus, confirmedAt: string): Progress {
  const state = routeStateOf(observation, status);
  const isOpen = state?.kind === 'asDesired' && state.open === true;
  return isOpen ? opened(observation, status, confirmedAt) : drained(observation, status, confirmedAt);
}

function removed(observation: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  return observation.canary === null || status.handedOver === true
    ? then()
    : wait('Removing', `${canaryPods(observation.canary.pods)} being removed`);
}

/** From here on there are canary pods. */
const LOADING: Place = 'Starting.Loading';

/**
 * Ours is removed only once it has no pods. Where somebody else has deleted it, its pods stay until the garbage collector
 * comes, and the Service selects them: the routes keep to stable for a while longer, so that a version which is taken
 * back gets nothing more.
 */
function removing(observation: Observation, status: ReleaseStatus): Progress {
  const { canary, release, now } = observation;
  const gone = proceed('CanaryRemoved', 'the canary pods are gone');
  if (canary !== null)
    return canary.replicas === 0 && canary.pods === 0 ? gone : removed(observation, status, () => gone);
  const { exposedAt, trail, stageStartedAt = '' } = status;
  const had = exposedAt !== undefined || trail?.some(({ phase }) => phase === LOADING) === true;
  const goneAt = (Date.parse(stageStartedAt) || now) + durationMs(release.spec.policy.drain);
  return had && now < goneAt
    ? wait('Removing', 'pods of the deleted canary ReplicaSet are being removed', goneAt)
    : gone;
}

function returningToStable(observation: Observation): Progress {
  const { deployment, stableRevision, stable, now } = observation;
  const returning = 'the rolling update returns to stable';
  const paused = pausedByOwner(observation);
  if (paused !== null) return paused;
  const done =
    deployment === null ||
    deployment.deleting ||
    (!deployment.paused && deployment.complete && deployment.revision === stableRevision);
  return done
    ? proceed('Retreated', 'the Deployment runs stable again')
    : podsAwaited(
        stable,
        { reason: 'ReturningToStable', message: `${returning}${keptBy(stable, undefined)}` },
        now,
      );
}

function restoringRoutes(observation: DecisionContext, status: ReleaseStatus): Progress {
  return removed(observation, status, () =>
    onceReturned(observation, status, () =>
      noRoutes(observation, status)
        ? proceed('RoutesGone', 'there are no routes to restore')
        : unnamed(observation, status, () =>
            proceed('RoutesRestored', 'the routes are as the user wrote them'),
          ),
    ),
  );
}

/** What the Deployment is to be left as, where that is still to be done. */
function leaving(observation: Observation, status: ReleaseStatus): Progress | null {
  const { deployment, stableRevision, release } = observation;
  if (deployment === null || deployment.deleting) return null;
  const onStable = deployment.revision === stableRevision;
  if (status.handedOver === true) {
    return status.next !== undefined && onStable
      ? wait('RestoringNewerTemplate', 'the newer pod template is being put back')
      : null;
  }
  if (status.outcome === 'Aborted' && release.spec.policy.onAbort === 'revert') {
    const reverting = deployment.revision === release.spec.revision || (onStable && deployment.held);
    return reverting ? wait('Reverting', 'the stable template is being written back') : null;
  }
  return reasonInfo(status.reason).resumes === true && onStable && deployment.held
    ? wait('Resuming', 'the Deployment is being resumed')
    : null;
}

function cleaningUp(observation: DecisionContext, status: ReleaseStatus): Progress {
  const mine = status.plan !== undefined && !noRoutes(observation, status);
  if (mine && status.routeConfirmedAt === undefined)
    return wait('RoutesPending', 'our part of the routes is being removed');
  return removed(observation, status, () =>
    proceed(storedReason(status.reason ?? 'Ended'), status.message ?? ''),
  );
}

/** `then`, unless the handover had happened already. */
const unlessHandedOver =
  (then: StageProgress): StageProgress =>
  (observation, status) =>
    isHandedOver(observation)
      ? event('handedOver', 'HandedOver', 'the handover had already happened')
      : then(observation, status);

/** `then`, unless somebody lets the native update replace stable. */
const unlessResumed =
  (then: StageProgress): StageProgress =>
  (observation, status) =>
    observation.deployment?.paused === false && !observation.deployment.deleting
      ? event('resumed', 'HoldLifted', 'somebody resumed the Deployment, which replaces stable')
      : then(observation, status);

/** How an abort stands. It waits for nothing but what the API server says of our own objects. */
export const aborting: Readonly<Record<StageOf<'Aborting'>, StageProgress>> = {
  Draining: unlessHandedOver(
    unlessResumed((observation, status) =>
      whenWithdrawn(observation, status, (since) => draining(observation, status, since)),
    ),
  ),
  BypassingSubsets: unlessHandedOver((observation, status) =>
    whenWithdrawn(observation, status, (since) => opened(observation, status, since)),
  ),
  Removing: unlessHandedOver(unlessResumed(removing)),
  ReturningToStable: returningToStable,
  RestoringRoutes: restoringRoutes,
  CleaningUp: (observation, status) =>
    named(observation, status) ?? leaving(observation, status) ?? cleaningUp(observation, status),
};
