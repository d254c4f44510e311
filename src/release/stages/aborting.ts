import type { Place, StageOf } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import { onceReturned } from '../canary/borrowed-pod.ts';
import { routeStateOf } from '../desired.ts';
import { named } from '../named.ts';
import type { DecisionContext, Observation } from '../observed.ts';
import { reasonInfo, storedReason } from '../reasons/catalogue.ts';
import { untakenRoutes, untakenUntil } from '../status/untaken.ts';
import { canaryPods, keptBy, podsAwaited } from './canary-pods.ts';
import { departed, isReturned } from './departed.ts';
import { drained, opened } from './drain.ts';
import {
  event,
  isByPods,
  isHandedOver,
  type Progress,
  pausedByOwner,
  proceed,
  type StageProgress,
  unnamed,
  wait,
} from './progress.ts';

/** The release has not touched any route, so it does not wait for them. */
function noRoutes(observation: DecisionContext, status: ReleaseStatus): boolean {
  return isByPods(observation) || routeStateOf(observation, status) === null;
}

/** The canary keeps its pods until `then`; without traffic it has no requests in flight. */
function whenWithdrawn(
  observation: DecisionContext,
  status: ReleaseStatus,
  then: (confirmedAt: string) => Progress,
): Progress {
  if (isByPods(observation))
    return proceed('Drained', 'the canary leaves the Service with its pods, which finish their requests');
  if (status.exposedAt === undefined || noRoutes(observation, status))
    return proceed('Drained', 'the canary has no traffic');
  if (status.routeConfirmedAt === undefined)
    return wait(
      'RoutesPending',
      'the canary is being taken out of the routes',
      untakenUntil(observation, status),
    );
  return then(status.routeConfirmedAt);
}

/**
 * If no route can keep all requests with stable, the canary gets its part until it is removed: measuring shows nothing.
 */
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
 * The ReplicaSet is removed only once it has no pods. If somebody else deleted it, its pods stay until they are
 * garbage-collected, and the Service selects them: the routes stay on stable a little longer, so that a rolled-back
 * version gets nothing more.
 */
function removing(observation: Observation, status: ReleaseStatus): Progress {
  const { canary, release, now } = observation;
  const gone = (): Progress =>
    departed(observation, () => proceed('CanaryRemoved', 'the canary pods are gone'));
  if (canary !== null)
    return canary.replicas === 0 && canary.pods === 0 ? gone() : removed(observation, status, gone);
  const { exposedAt, trail, stageStartedAt = '' } = status;
  const had = exposedAt !== undefined || trail?.some(({ phase }) => phase === LOADING) === true;
  const goneAt = (Date.parse(stageStartedAt) || now) + durationMs(release.spec.policy.drain);
  return had && now < goneAt
    ? wait('Removing', 'pods of the deleted canary ReplicaSet are being removed', goneAt)
    : had
      ? gone()
      : proceed('CanaryRemoved', 'there are no canary pods');
}

const back = (): Progress => proceed('Retreated', 'the Deployment runs stable again');

function returningToStable(observation: Observation): Progress {
  const { deployment, stable, now } = observation;
  const returning = 'the rolling update returns to stable';
  const paused = pausedByOwner(observation);
  if (paused !== null) return paused;
  if (deployment === null || deployment.deleting) return back();
  return isReturned(observation)
    ? departed(observation, back)
    : podsAwaited(
        stable,
        { reason: 'ReturningToStable', message: `${returning}${keptBy(stable, undefined)}` },
        now,
      );
}

/** The routes are as the user wrote them; a data plane whose controller is gone for good is not waited for. */
function restored(observation: DecisionContext, status: ReleaseStatus): Progress {
  const until = untakenUntil(observation, status);
  if (until !== undefined) return wait('RoutesPending', 'the routes are being restored', until);
  const what = untakenRoutes(observation, status);
  const { drain } = observation.release.spec.policy.deadlines;
  const but = what === null ? '' : `, but not in force after ${drain} (deadlines.drain): ${what}`;
  return unnamed(observation, status, () =>
    proceed('RoutesRestored', `the routes are as the user wrote them${but}`),
  );
}

function restoringRoutes(observation: DecisionContext, status: ReleaseStatus): Progress {
  return removed(observation, status, () =>
    onceReturned(observation, status, () =>
      noRoutes(observation, status)
        ? proceed('RoutesGone', 'there are no routes to restore')
        : restored(observation, status),
    ),
  );
}

/** The remaining work to leave the Deployment as it should be. */
function leaving(observation: Observation, status: ReleaseStatus): Progress | null {
  const { deployment, stableRevision, release } = observation;
  if (deployment === null || deployment.deleting) return null;
  const onStable = deployment.revision === stableRevision;
  if (status.handedOver === true) {
    return status.next !== undefined && onStable
      ? wait('RestoringNewerTemplate', 'the newer pod template is being put back')
      : null;
  }
  const isReverted = status.outcome === 'Aborted' || reasonInfo(status.reason).reverts === true;
  if (isReverted && release.spec.policy.onAbort === 'revert') {
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

/** `then`, unless somebody allows the native update to replace stable. */
const unlessResumed =
  (then: StageProgress): StageProgress =>
  (observation, status) =>
    observation.deployment?.paused === false && !observation.deployment.deleting
      ? event('resumed', 'HoldLifted', 'somebody resumed the Deployment, which replaces stable')
      : then(observation, status);

/** The progress of an abort. It waits only for the API server's view of our own objects. */
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
