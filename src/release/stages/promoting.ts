import type { Problem } from '../../api/problem.ts';
import type { ReleaseStatus } from '../../api/release.ts';
import { onceReturned } from '../canary/borrowed-pod.ts';
import { passageText } from '../gates/skip-and-promote.ts';
import { named } from '../named.ts';
import type { Observation } from '../observed.ts';
import { updateProblem } from '../rollout/preflight.ts';
import {
  canaryAvailable,
  canaryLoading,
  canaryPods,
  event,
  gated,
  isHandedOver,
  keptBy,
  type Progress,
  pausedByOwner,
  podsAwaited,
  proceed,
  routed,
  unnamed,
  wait,
  warmed,
} from './progress.ts';

const unhealthy = (): Progress => event('unhealthy', 'CanaryUnhealthy', 'no canary pod is ready');

/** The handover takes over exactly the pods that were sized for it, all of them available. */
function sized({ canary }: Observation, status: ReleaseStatus): boolean {
  return canary?.replicas === status.replicas;
}

/** What stands against the native update, which anybody may have changed since the start. */
function obstacle({ deployment, release }: Observation): Problem | null {
  return deployment === null ? null : updateProblem(deployment, release.spec.policy);
}

function loading(seen: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  if ((seen.canary?.ready ?? 0) === 0) return unhealthy();
  if (sized(seen, status) && canaryAvailable(seen, status)) return warmed(seen, then);
  return canaryLoading(seen, status);
}

/** The promotion waits here, with the traffic still split, while the update would stop stable first. */
function sizing(seen: Observation, status: ReleaseStatus): Progress {
  const problem = obstacle(seen);
  if (problem !== null && (seen.canary?.ready ?? 0) > 0) return wait(problem.reason, problem.message);
  return loading(seen, status, () =>
    gated(seen, status, 'promotion', () =>
      proceed('CanarySized', `${canaryPods(status.replicas)} ready to be handed over`),
    ),
  );
}

function rejoining(seen: Observation, status: ReleaseStatus): Progress {
  const problem = obstacle(seen);
  if (problem !== null) return event('resize', problem.reason, problem.message);
  return loading(seen, status, () =>
    routed(seen, status, () => proceed('RoutesRestored', 'the routes are as the user wrote them')),
  );
}

function handingOver(seen: Observation, status: ReleaseStatus): Progress {
  if (isHandedOver(seen)) {
    return seen.twins.length === 0
      ? proceed('HandedOver', `ReplicaSet ${seen.canary?.name ?? ''} belongs to the Deployment`)
      : wait('HandingOver', 'an older ReplicaSet of the same template is being removed');
  }
  if ((seen.canary?.ready ?? 0) === 0) return unhealthy();
  return sized(seen, status) && canaryAvailable(seen, status) && obstacle(seen) === null
    ? wait('HandingOver', 'the canary ReplicaSet is being handed over to the Deployment')
    : event('resize', 'CanaryShort', 'not all canary pods are available');
}

function updating(seen: Observation, status: ReleaseStatus): Progress {
  const { deployment, release } = seen;
  const paused = pausedByOwner(seen);
  if (paused !== null) return paused;
  const { replicas = 0 } = deployment ?? {};
  const done =
    deployment?.paused === false && deployment.complete && deployment.revision === release.spec.revision;
  const problem = obstacle(seen);
  if (!done && problem !== null) return wait(problem.reason, problem.message);
  if (!done) {
    const { canary, now, pods } = seen;
    const there = `${canary?.available ?? 0} of ${replicas} pods of the new version are available`;
    const message = `${there}${keptBy(canary, pods)}`;
    return podsAwaited(canary, { reason: 'Updating', message }, now);
  }
  return unnamed(seen, status, () =>
    proceed('UpdateComplete', `the Deployment runs ${replicas} pods of the new version`),
  );
}

function clearing(seen: Observation, status: ReleaseStatus): Progress {
  const passed = passageText(seen.release, status);
  if (status.routeConfirmedAt === undefined)
    return wait('RoutesPending', 'our part of the routes is being removed');
  return onceReturned(seen, status, () => proceed('Promoted', `${passed}, and the update is complete`));
}

/** How a promotion stands. */
export function promoting(seen: Observation, status: ReleaseStatus): Progress {
  const { deployment, release } = seen;
  const passed = passageText(release, status);
  switch (status.stage ?? '') {
    case 'Sizing':
      return sizing(seen, status);
    case 'RestoringRoutes':
      return rejoining(seen, status);
    case 'HandingOver':
      return handingOver(seen, status);
    case 'Updating':
      return updating(seen, status);
    case 'CleaningUp':
      return named(seen, status) ?? clearing(seen, status);
    default:
      return deployment?.revision === release.spec.revision
        ? wait('RestoringNewerTemplate', 'the newer pod template is being put back')
        : proceed('Promoted', `${passed}; a newer pod template follows`);
  }
}
