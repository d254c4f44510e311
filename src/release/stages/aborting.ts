import type { ReleaseStatus } from '../../api/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import { onceReturned } from '../canary/borrowed-pod.ts';
import { routeStateOf } from '../desired.ts';
import { named } from '../named.ts';
import type { Observation } from '../observed.ts';
import { drained, opened } from './drain.ts';
import {
  canaryPods,
  event,
  isHandedOver,
  keptBy,
  type Progress,
  pausedByOwner,
  podsAwaited,
  proceed,
  unnamed,
  wait,
} from './progress.ts';

/** The release has not touched any route: nobody waits for them then. */
function noRoutes(seen: Observation, status: ReleaseStatus): boolean {
  return routeStateOf(seen, status) === null;
}

/** The canary keeps its pods until `then` says so; one that never had traffic has no answers under way. */
function draining(
  seen: Observation,
  status: ReleaseStatus,
  then: (confirmedAt: string) => Progress,
): Progress {
  if (status.exposedAt === undefined || noRoutes(seen, status))
    return proceed('Drained', 'the canary has no traffic');
  if (status.routeConfirmedAt === undefined)
    return wait('RoutesPending', 'the canary is being taken out of the routes');
  return then(status.routeConfirmedAt);
}

/** Where no route can keep all requests with stable, the canary gets its part until it goes: no look tells anything. */
function withdrawn(seen: Observation, status: ReleaseStatus, confirmedAt: string): Progress {
  const state = routeStateOf(seen, status);
  const isOpen = state?.kind === 'asDesired' && state.open === true;
  return isOpen ? opened(seen, status, confirmedAt) : drained(seen, status, confirmedAt);
}

function removed(seen: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  return seen.canary === null || status.handedOver === true
    ? then()
    : wait('Removing', `${canaryPods(seen.canary.pods)} being removed`);
}

/**
 * Ours is removed only once it has no pods. Where somebody else has deleted it, its pods stay until the garbage collector
 * comes, and the Service selects them: the routes keep to stable for a while longer, so that a version which is taken
 * back gets nothing more.
 */
function removing(seen: Observation, status: ReleaseStatus): Progress {
  const { canary, release, now } = seen;
  const gone = proceed('CanaryRemoved', 'the canary pods are gone');
  if (canary !== null)
    return canary.replicas === 0 && canary.pods === 0 ? gone : removed(seen, status, () => gone);
  const { exposedAt, trail, stageStartedAt = '' } = status;
  const had = exposedAt !== undefined || trail?.some(({ phase }) => phase === 'Starting.Loading') === true;
  const goneAt = (Date.parse(stageStartedAt) || now) + durationMs(release.spec.policy.drain);
  return had && now < goneAt
    ? wait('Removing', 'pods of the deleted canary ReplicaSet are being removed', goneAt)
    : gone;
}

function retreating(seen: Observation): Progress {
  const { deployment, stableRevision, stable, now } = seen;
  const returning = 'the rolling update returns to stable';
  const paused = pausedByOwner(seen);
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

function rejoining(seen: Observation, status: ReleaseStatus): Progress {
  return removed(seen, status, () =>
    onceReturned(seen, status, () =>
      noRoutes(seen, status)
        ? proceed('RoutesGone', 'there are no routes to restore')
        : unnamed(seen, status, () => proceed('RoutesRestored', 'the routes are as the user wrote them')),
    ),
  );
}

/** What the Deployment is to be left as, where that is still to be done. */
function leaving(seen: Observation, status: ReleaseStatus): Progress | null {
  const { deployment, stableRevision, release } = seen;
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
  return status.reason === 'TemplateReverted' && onStable && deployment.held
    ? wait('Resuming', 'the Deployment is being resumed')
    : null;
}

function clearing(seen: Observation, status: ReleaseStatus): Progress {
  const mine = status.routes !== undefined && !noRoutes(seen, status);
  if (mine && status.routeConfirmedAt === undefined)
    return wait('RoutesPending', 'our part of the routes is being removed');
  return removed(seen, status, () => proceed(status.reason ?? 'Ended', status.message ?? ''));
}

/** What overtakes an abort: the handover had happened already, or somebody lets the native update replace stable. */
function overtaken(seen: Observation, stage: string): Progress | null {
  const { deployment } = seen;
  const withdrawing = stage === 'Draining' || stage === 'BypassingSubsets' || stage === 'Removing';
  if (withdrawing && isHandedOver(seen))
    return event('handedOver', 'HandedOver', 'the handover had already happened');
  const resumed = deployment?.paused === false && !deployment.deleting;
  return resumed && (stage === 'Draining' || stage === 'Removing')
    ? event('resumed', 'HoldLifted', 'somebody resumed the Deployment, which replaces stable')
    : null;
}

/** How an abort stands. It waits for nothing but what the API server says of our own objects. */
export function aborting(seen: Observation, status: ReleaseStatus): Progress {
  const { stage = '' } = status;
  const found = overtaken(seen, stage);
  if (found !== null) return found;
  switch (stage) {
    case 'Draining':
      return draining(seen, status, (since) => withdrawn(seen, status, since));
    case 'BypassingSubsets':
      return draining(seen, status, (since) => opened(seen, status, since));
    case 'Removing':
      return removing(seen, status);
    case 'ReturningToStable':
      return retreating(seen);
    case 'RestoringRoutes':
      return rejoining(seen, status);
    default:
      return named(seen, status) ?? leaving(seen, status) ?? clearing(seen, status);
  }
}
