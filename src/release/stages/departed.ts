import { type Place, placeOf } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import { isWhole } from '../machine.ts';
import type { Observation } from '../observed.ts';
import { isByPods, type Progress, wait } from './progress.ts';

/** Whether the Deployment runs nothing but the new version. */
export function isUpdated({ deployment, release }: Observation): boolean {
  return deployment?.paused === false && deployment.complete && deployment.revision === release.spec.revision;
}

/** Whether the Deployment runs nothing but stable. */
export function isReturned({ deployment, stableRevision }: Observation): boolean {
  return deployment?.paused === false && deployment.complete && deployment.revision === stableRevision;
}

type Gone = (observation: Observation, status: ReleaseStatus) => boolean;

/** The stages that end when the pods of a version are gone which the routes have kept from requests. */
const GONE: Partial<Record<Place, Gone>> = {
  'Aborting.Removing': ({ canary }) => canary === null || (canary.replicas === 0 && canary.pods === 0),
  'Aborting.ReturningToStable': isReturned,
  'Promoting.Updating': (observation, status) => isWhole(status) && isUpdated(observation),
};

/** Whether no pod is left of the version that the routes keep from all requests, before they are opened to all pods. */
export function hasDeparted(observation: Observation, status: ReleaseStatus): boolean {
  const place = placeOf(status.phase, status.stage);
  return GONE[place]?.(observation, status) === true;
}

/**
 * `then`, once every proxy knows that the pods have left. They answer until they stop, and routes to all pods of the
 * Service may come in force before proxies learn which pods those are: endpoints come on a way of their own.
 */
export function departed(observation: Observation, then: () => Progress): Progress {
  const { departedAt = observation.now, now, release } = observation;
  const at = departedAt + durationMs(release.spec.policy.settle);
  return isByPods(observation) || now >= at
    ? then()
    : wait('RoutesSettling', 'the pods have left; waiting until every proxy knows', at);
}
