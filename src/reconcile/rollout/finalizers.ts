import type { KubeObject } from '../../api/meta.ts';
import type { Release } from '../../api/release/release.ts';
import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import { hasNews } from '../../people/deliver.ts';
import { FINALIZER } from '../../release/rollout/new-release.ts';
import { type CommitDeps, earliest, type PassDeps } from '../pass-deps.ts';
import { hasEnded } from '../read/releases.ts';

/** Releases the finalizer of an ended Release whose end its Rollout has recorded. */
async function releaseFinalizer({ writer }: CommitDeps, release: Release): Promise<void> {
  const index = release.metadata.finalizers?.indexOf(FINALIZER) ?? -1;
  if (index < 0) return;
  await writer.patch(release, [
    ifUnchanged(release),
    { op: 'remove', path: `/metadata/finalizers/${index}` },
  ]);
}

/** The Rollout, with the finalizer without which it could vanish before its workload is given back. */
export async function withFinalizer({ writer }: PassDeps, rollout: KubeObject): Promise<KubeObject> {
  const { finalizers } = rollout.metadata;
  if (finalizers?.includes(FINALIZER) === true) return rollout;
  const add: PatchOperation =
    finalizers === undefined
      ? { op: 'add', path: '/metadata/finalizers', value: [FINALIZER] }
      : { op: 'add', path: '/metadata/finalizers/-', value: FINALIZER };
  return writer.patch(rollout, [ifUnchanged(rollout), add]);
}

/** How long a deleted Release stays after its end, so that its messages can be delivered. */
const TELL_MS = 20_000;

/** Until when a Release must stay because of undelivered messages, epoch milliseconds. */
function undeliveredUntil(release: Release): number {
  const { finishedAt } = release.status ?? {};
  const isGoing = release.metadata.deletionTimestamp !== undefined && finishedAt !== undefined;
  return isGoing && hasNews(release) ? Date.parse(finishedAt) + TELL_MS : 0;
}

/**
 * Ended Releases need no finalizer. It is removed only now, since a deleted Release would be forgotten and its version
 * tried again. Returns when to come back for a Release that must stay a while.
 */
export async function freeFinished(
  deps: PassDeps,
  releases: readonly Release[],
  now: number,
): Promise<number | undefined> {
  let againAt: number | undefined;
  for (const release of releases) {
    if (!hasEnded(release)) continue;
    const until = undeliveredUntil(release);
    if (until > now) againAt = earliest(againAt, until);
    else await releaseFinalizer(deps, release);
  }
  return againAt;
}
