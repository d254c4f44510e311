import { RETRY } from '../../api/annotations/annotations.ts';
import type { Release } from '../../api/release/release.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { type Problem, reasonInfo } from '../reasons/catalogue.ts';
import type { StableVersion } from './stable.ts';

/** The input for deciding whether a revision has been tried. */
export interface TriedSeen {
  readonly rollout: Rollout;
  /** Readable Releases of this Rollout, oldest first. */
  readonly releases: readonly Release[];
}

/**
 * Whether only a person can retry the revision of an ended release: it was rolled back, or somebody deleted the
 * Release. A release that was superseded or cancelled for another reason was not judged.
 */
function needsPerson({ status }: Release): boolean {
  return (
    status?.phase === 'Aborted' ||
    (status?.phase === 'Cancelled' && reasonInfo(status.reason).leavesToPerson === true)
  );
}

/** The newest Release, unless it belongs to an earlier Rollout of the same name, which is being garbage-collected. */
function newestOf({ rollout, releases }: TriedSeen): Release | undefined {
  const newest = releases.at(-1);
  const owner = newest?.metadata.ownerReferences?.find(({ kind }) => kind === 'Rollout');
  return owner === undefined || owner.uid === rollout.metadata.uid ? newest : undefined;
}

/** Whether Sluice itself wrote the stable template back. */
function isPutBack(
  newest: Release | undefined,
  deployment: ObservedDeployment,
  stable: StableVersion,
): boolean {
  if (newest?.status?.phase !== 'Aborted' || deployment.revision !== stable.revision) return false;
  return newest.status.handedOver === true || newest.spec.policy.onAbort === 'revert';
}

/** The last revision that only a person can retry, whatever the Deployment has now. */
function lastTried(
  { status }: Rollout,
  newest: Release | undefined,
  deployment: ObservedDeployment,
): string | undefined {
  const { last, tried } = status ?? {};
  // Once a Release is deleted, the previous one is the newest, which says nothing about the current template.
  const isNews = tried !== deployment.revision && newest?.metadata.name !== last?.release;
  return isNews && newest !== undefined && needsPerson(newest) ? newest.spec.revision : tried;
}

/**
 * The revision that is not retried automatically. It stays so until the Deployment has another template: pushing it
 * after that is a new push. A template that Sluice itself wrote back does not count: a GitOps tool applies its version
 * again at once, and the release would repeat for ever.
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

/** The annotation that requests one more try, truncated for a status. */
function tokenOf(annotations: Readonly<Record<string, string>> | undefined): string | undefined {
  return annotations?.[RETRY]?.slice(0, 253);
}

/** The last value of the annotation for which a release was started, so that it starts no other. */
export function retriedToken({ rollout, releases }: TriedSeen): string | undefined {
  const token = tokenOf(rollout.metadata.annotations);
  const isTaken = releases.some(({ metadata }) => tokenOf(metadata.annotations) === token);
  return token !== undefined && isTaken ? token : rollout.status?.retried;
}

/** Whether one more try has been requested since the last. */
export function retryAsked(seen: TriedSeen): boolean {
  const token = tokenOf(seen.rollout.metadata.annotations);
  return token !== undefined && token !== retriedToken(seen);
}

/** The command that retries the revision. */
function retryCommand({ metadata: { name, namespace } }: Rollout): string {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `kubectl annotate rollouts.sluice.dev ${name}${where} ${RETRY}="$(date +%s)" --overwrite`;
}

/** Why the held revision is not tried automatically, and what to do. */
export function notTried(
  seen: TriedSeen & { readonly deployment: ObservedDeployment | null },
  tried: string,
): Problem {
  const { rollout, releases, deployment } = seen;
  const release = releases.findLast(({ spec }) => spec.revision === tried);
  const { reason } = rollout.status?.conditions?.find(({ type }) => type === 'Ready') ?? {};
  // Once the Release is gone, only its message is left.
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
