import { RETRY } from '../../api/annotations/annotations.ts';
import type { Release } from '../../api/release.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { type Problem, reasonInfo } from '../reasons/catalogue.ts';
import type { StableVersion } from './stable.ts';

/** What it takes to tell whether a revision has been tried. */
export interface TriedSeen {
  readonly rollout: Rollout;
  /** Releases of this Rollout that can be read, oldest first. */
  readonly releases: readonly Release[];
}

/**
 * Whether the end of a release leaves its revision to a person: it was rolled back, or somebody deleted the Release. One
 * that was superseded or cancelled for another reason was not judged.
 */
function needsPerson({ status }: Release): boolean {
  return (
    status?.phase === 'Aborted' ||
    (status?.phase === 'Cancelled' && reasonInfo(status.reason).leavesToPerson === true)
  );
}

/** The newest Release, unless it is that of an earlier Rollout of the same name, which is being collected. */
function newestOf({ rollout, releases }: TriedSeen): Release | undefined {
  const newest = releases.at(-1);
  const owner = newest?.metadata.ownerReferences?.find(({ kind }) => kind === 'Rollout');
  return owner === undefined || owner.uid === rollout.metadata.uid ? newest : undefined;
}

/** Whether the stable template in the Deployment was written back by Sluice itself. */
function isPutBack(
  newest: Release | undefined,
  deployment: ObservedDeployment,
  stable: StableVersion,
): boolean {
  if (newest?.status?.phase !== 'Aborted' || deployment.revision !== stable.revision) return false;
  return newest.status.handedOver === true || newest.spec.policy.onAbort === 'revert';
}

/** The revision that was left to a person last, whatever stands in the Deployment now. */
function lastTried(
  { status }: Rollout,
  newest: Release | undefined,
  deployment: ObservedDeployment,
): string | undefined {
  const { last, tried } = status ?? {};
  // Once a Release is deleted the one before it is the newest, which says nothing of what stands in the Deployment.
  const isNews = tried !== deployment.revision && newest?.metadata.name !== last?.release;
  return isNews && newest !== undefined && needsPerson(newest) ? newest.spec.revision : tried;
}

/**
 * The revision that is not tried again by itself. It stays so until another template stands in the Deployment: whoever
 * pushes it after that, pushes it anew. Where Sluice itself wrote stable back, that does not count: a GitOps tool puts its
 * version back at once, and the release would be repeated for ever.
 */
export function triedRevision(
  seen: TriedSeen,
  deployment: ObservedDeployment | null,
  stable: StableVersion | null,
): string | undefined {
  if (deployment === null) return undefined;
  const newest = newestOf(seen);
  const tried = lastTried(seen.rollout, newest, deployment);
  if (tried === undefined) return undefined;
  if (deployment.revision === tried) return tried === stable?.revision ? undefined : tried;
  const stays = stable !== null && newest?.spec.revision === tried && isPutBack(newest, deployment, stable);
  return stays ? tried : undefined;
}

/** The annotation by which a person asks for one more try, as far as a status may have it. */
function tokenOf(annotations: Readonly<Record<string, string>> | undefined): string | undefined {
  return annotations?.[RETRY]?.slice(0, 253);
}

/** The last value of the annotation that a release was begun for, so that it begins no other. */
export function retriedToken({ rollout, releases }: TriedSeen): string | undefined {
  const token = tokenOf(rollout.metadata.annotations);
  const isTaken = releases.some(({ metadata }) => tokenOf(metadata.annotations) === token);
  return token !== undefined && isTaken ? token : rollout.status?.retried;
}

/** Whether a person has asked for one more try since the last. */
export function retryAsked(seen: TriedSeen): boolean {
  const token = tokenOf(seen.rollout.metadata.annotations);
  return token !== undefined && token !== retriedToken(seen);
}

/** How a person has the revision tried again. */
function retryCommand({ metadata: { name, namespace } }: Rollout): string {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `kubectl annotate rollouts.sluice.dev ${name}${where} ${RETRY}="$(date +%s)" --overwrite`;
}

/** Why the revision that is held is not tried by itself, and what to do. */
export function notTried(
  seen: TriedSeen & { readonly deployment: ObservedDeployment | null },
  tried: string,
): Problem {
  const { rollout, releases, deployment } = seen;
  const release = releases.findLast(({ spec }) => spec.revision === tried);
  const { reason } = rollout.status?.conditions?.find(({ type }) => type === 'Ready') ?? {};
  // Once the Release is gone, what was told of it is all that is left.
  const isDeleted =
    release === undefined ? reasonInfo(reason).leavesToPerson === true : release.status?.phase !== 'Aborted';
  const why = isDeleted
    ? `${release === undefined ? 'its Release' : `Release ${release.metadata.name}`} was deleted before it had ended`
    : `${release === undefined ? 'a Release that is gone' : `Release ${release.metadata.name}`} was rolled back`;
  const serves = deployment?.replicas === 0 ? 'stable is scaled to 0' : 'stable serves';
  return {
    reason: isDeleted ? 'ReleaseDeleted' : 'RevisionRejected',
    message: `the pod template in the Deployment is not tried again by itself: ${why}, and ${serves}. Push another one, or try this one again: ${retryCommand(rollout)}`,
  };
}
