import type { ObservedDeployment, ObservedReplicaSet } from '../../workload/workload.ts';
import type { Problem } from '../reasons/catalogue.ts';
import { bypassed } from './bypass.ts';
import { currentRelease } from './new-release.ts';
import type { Containment, RolloutObservation } from './rollout-observation.ts';
import { type StableVersion, updating } from './stable.ts';

const NOTHING: Containment = { setAside: [], giveBack: [], remove: [], make: null, problem: null };

const createdAt = ({ object }: ObservedReplicaSet): number =>
  Date.parse(object.metadata.creationTimestamp ?? '');

/** Whether Sluice holds the Deployment, and may act on what it has. */
function isInCharge(
  { rollout, rival, unreadable }: RolloutObservation,
  deployment: ObservedDeployment,
): boolean {
  const { held, optedOut, gate } = deployment;
  return held && !optedOut && gate === rollout.metadata.name && rival === null && unreadable === null;
}

function returned({ aside, owned }: RolloutObservation): Containment {
  const isTwin = ({ revision }: ObservedReplicaSet): boolean =>
    owned.some((one) => one.revision === revision);
  return { ...NOTHING, giveBack: aside.filter((one) => !isTwin(one)), remove: aside.filter(isTwin) };
}

/** Whether the Deployment controller, if nothing has pods, would scale up this ReplicaSet and not stable's. */
function comesFirst(
  one: ObservedReplicaSet,
  stable: ObservedReplicaSet | undefined,
  { revision }: ObservedDeployment,
): boolean {
  if (stable === undefined || one.revision === revision) return true;
  return stable.revision !== revision && createdAt(one) >= createdAt(stable);
}

/** Serving pods are left if stable has too few to replace them: somebody's update was in progress. */
function isStray(
  one: ObservedReplicaSet,
  stable: ObservedReplicaSet | undefined,
  deployment: ObservedDeployment,
): boolean {
  if (stable === undefined || stable.replicas === 0 || one.ready === 0 || bypassed(deployment)) return true;
  return 2 * stable.ready >= deployment.replicas;
}

function strayProblem(
  { name }: ObservedDeployment,
  stray: readonly ObservedReplicaSet[],
  stable: string,
): Problem {
  const names = stray.map((one) => one.name).join(', ');
  return {
    reason: 'StrayPods',
    message: `Deployment ${name} is held and ReplicaSet ${names}, which is not stable, was given pods: they are taken away, and stable (ReplicaSet ${stable}) gets them`,
  };
}

/** Reports the containment: everything except stable is kept from serving. */
export function containmentOf(
  seen: RolloutObservation,
  version: StableVersion | Problem | null,
): Containment {
  const { deployment, owned, releases, rival } = seen;
  if (deployment === null || rival !== null) return NOTHING;
  if (!deployment.paused) return returned(seen);
  if (!isInCharge(seen, deployment) || version === null || 'reason' in version) return NOTHING;
  const canary = currentRelease(releases)?.spec.canary.replicaSet;
  // After the handover, it is the Deployment's next version.
  if (owned.some(({ name }) => name === canary)) return NOTHING;
  const stable = owned.find((one) => one.hash === version.hash && !one.deleting);
  const others = owned.filter((one) => one.hash !== version.hash && !one.deleting);
  const awake = others.filter(({ replicas }) => replicas > 0);
  const stray = awake.filter((one) => isStray(one, stable, deployment));
  const asleep = others.filter((one) => one.replicas === 0 && comesFirst(one, stable, deployment));
  const isFree = stable === undefined && !seen.takenNames.includes(version.name);
  const told = stray.length === 0 ? null : strayProblem(deployment, stray, version.name);
  return {
    ...NOTHING,
    setAside: [...stray, ...asleep],
    make: isFree && deployment.replicas > 0 ? version : null,
    problem:
      stray.length < awake.length
        ? updating(
            deployment,
            owned.filter((o) => o.replicas > 0),
          )
        : told,
  };
}

/** Why stable does not serve although it should. */
export function servingProblem(seen: RolloutObservation, version: StableVersion | null): Problem | null {
  const { deployment, owned } = seen;
  if (deployment === null || version === null || deployment.replicas === 0) return null;
  return isInCharge(seen, deployment) ? notServing(deployment, version, owned) : null;
}

/** Why stable does not serve, by its ReplicaSet. */
export function notServing(
  deployment: ObservedDeployment,
  { name, hash }: Pick<StableVersion, 'name' | 'hash'>,
  sets: readonly ObservedReplicaSet[],
): Problem | null {
  const found = sets.find((one) => one.hash === hash);
  if (found === undefined || found.deleting) {
    const when = found === undefined ? 'it is made again' : 'it is made again once that one is gone';
    return {
      reason: 'StableGone',
      message: `ReplicaSet ${name} of stable was deleted while Deployment ${deployment.name} is held: ${when}, from the recorded pod template. Stable does not serve before its pods are ready`,
    };
  }
  if (found.ready > 0) return null;
  return {
    reason: 'StableNotReady',
    message: `no pod of stable is ready (ReplicaSet ${name}, 0 of ${deployment.replicas}); see kubectl describe replicaset ${name}`,
  };
}
