import type { StageOf } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { onceReturned } from '../canary/borrowed-pod.ts';
import { passageText } from '../gates/skip-and-promote.ts';
import { isWhole } from '../machine.ts';
import { named } from '../named.ts';
import type { Observation } from '../observed.ts';
import type { Problem } from '../reasons/catalogue.ts';
import { updateProblem } from '../rollout/preflight.ts';
import { canaryAvailable, canaryLoading, canaryPods, keptBy, podsAwaited, warmed } from './canary-pods.ts';
import { departed, isUpdated } from './departed.ts';
import {
  event,
  gated,
  isHandedOver,
  PAUSED,
  type Progress,
  pausedByOwner,
  proceed,
  routed,
  type StageProgress,
  unnamed,
  wait,
} from './progress.ts';

const unhealthy = (): Progress => event('unhealthy', 'CanaryUnhealthy', 'no canary pod is ready');

/** The handover adopts exactly the pods that were sized for it, all of them available. */
function sized({ canary }: Observation, status: ReleaseStatus): boolean {
  return canary?.replicas === status.replicas;
}

/** Why the native update is unsafe; anybody may have changed the strategy since the start. */
function obstacle({ deployment, release }: Observation): Problem | null {
  return deployment === null ? null : updateProblem(deployment, release.spec);
}

function loading(observation: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  if ((observation.canary?.ready ?? 0) === 0) return unhealthy();
  if (sized(observation, status) && canaryAvailable(observation, status)) return warmed(observation, then);
  return canaryLoading(observation, status);
}

/** The promotion waits here, with the traffic still split, while the update would stop stable first. */
function sizing(observation: Observation, status: ReleaseStatus): Progress {
  const problem = obstacle(observation);
  if (problem !== null && (observation.canary?.ready ?? 0) > 0) return wait(problem.reason, problem.message);
  return loading(observation, status, () =>
    gated(observation, status, 'promotion', () => {
      const done = proceed('CanarySized', `${canaryPods(status.replicas)} ready to be handed over`);
      // The handover removes the last pods of stable at once, and a skipped step may not be in force yet.
      return isWhole(status) ? routed(observation, status, () => done) : done;
    }),
  );
}

function restoringRoutes(observation: Observation, status: ReleaseStatus): Progress {
  const problem = obstacle(observation);
  if (problem !== null) return event('resize', problem.reason, problem.message);
  return loading(observation, status, () =>
    routed(observation, status, () => proceed('RoutesRestored', 'the routes are as the user wrote them')),
  );
}

function handingOver(observation: Observation, status: ReleaseStatus): Progress {
  if (isHandedOver(observation)) {
    return observation.twins.length === 0
      ? proceed('HandedOver', `ReplicaSet ${observation.canary?.name ?? ''} belongs to the Deployment`)
      : wait('HandingOver', 'an older ReplicaSet of the same template is being removed');
  }
  if ((observation.canary?.ready ?? 0) === 0) return unhealthy();
  return sized(observation, status) && canaryAvailable(observation, status) && obstacle(observation) === null
    ? wait('HandingOver', 'the canary ReplicaSet is being handed over to the Deployment')
    : event('resize', 'CanaryShort', 'not all canary pods are available');
}

/** The native update, which a person may have stopped between two pods. */
function underWay(observation: Observation, replicas: number): Progress {
  const { canary, deployment, now, pods, release } = observation;
  if (release.spec.paused === true && deployment?.paused === true) return PAUSED;
  const problem = obstacle(observation);
  if (problem !== null) return wait(problem.reason, problem.message);
  const there = `${canary?.available ?? 0} of ${replicas} pods of the new version are available`;
  return podsAwaited(canary, { reason: 'Updating', message: `${there}${keptBy(canary, pods)}` }, now);
}

function updating(observation: Observation, status: ReleaseStatus): Progress {
  const paused = pausedByOwner(observation);
  if (paused !== null) return paused;
  const { replicas = 0 } = observation.deployment ?? {};
  if (!isUpdated(observation)) return underWay(observation, replicas);
  const complete = proceed('UpdateComplete', `the Deployment runs ${replicas} pods of the new version`);
  const then = (): Progress => complete;
  return isWhole(status) ? departed(observation, then) : unnamed(observation, status, then);
}

/** The routes still send all requests to the canary's subset, and no other pods are left. */
function unsplitting(observation: Observation, status: ReleaseStatus): Progress {
  return unnamed(observation, status, () =>
    proceed('RoutesRestored', 'the routes are as the user wrote them'),
  );
}

function cleaningUp(observation: Observation, status: ReleaseStatus): Progress {
  const passed = passageText(observation.release, status);
  if (status.routeConfirmedAt === undefined)
    return wait('RoutesPending', 'our part of the routes is being removed');
  return onceReturned(observation, status, () =>
    proceed('Promoted', `${passed}, and the update is complete`),
  );
}

function restoringNewerTemplate(observation: Observation, status: ReleaseStatus): Progress {
  const { deployment, release } = observation;
  return deployment?.revision === release.spec.revision
    ? wait('RestoringNewerTemplate', 'the newer pod template is being put back')
    : proceed('Promoted', `${passageText(release, status)}; a newer pod template follows`);
}

/** The progress of a promotion. */
export const promoting: Readonly<Record<StageOf<'Promoting'>, StageProgress>> = {
  Sizing: sizing,
  RestoringRoutes: restoringRoutes,
  HandingOver: handingOver,
  Updating: updating,
  Unsplitting: unsplitting,
  CleaningUp: (observation, status) => named(observation, status) ?? cleaningUp(observation, status),
  RestoringNewerTemplate: restoringNewerTemplate,
};
