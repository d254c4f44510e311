import type { Release } from '../api/release/release.ts';
import { SluiceError } from '../errors.ts';
import type { ReleasePatch } from './release-patch.ts';

/** Maximum tries if somebody else changes the Release at the same time. */
const TRIES = 5;

/** How a Release is read and changed, with the rights of the person who acts. */
export interface ReleaseAccess {
  /** The Release as it is now. Rejects if there is none. */
  read(): Promise<Release>;
  /** Sends a JSON patch. Fails with KUBERNETES_CONFLICT if it does not fit the Release. */
  patch(release: Release, operations: readonly object[]): Promise<Release>;
}

/**
 * The guard of a patch: exactly this Release, not a newer one of the same name, and as it was read. The last try does
 * without the latter, so that an abort is not lost to a Release that changes all the time.
 */
function guarded({ metadata }: Release, operations: readonly object[], isLast: boolean): readonly object[] {
  const { uid, resourceVersion } = metadata;
  const asRead = { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion };
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    ...(isLast || resourceVersion === undefined ? [] : [asRead]),
    ...operations,
  ];
}

async function attempt(
  access: ReleaseAccess,
  decide: (release: Release) => ReleasePatch,
  isLast: boolean,
): Promise<string> {
  const release = await access.read();
  const change = decide(release);
  if ('already' in change) return change.already;
  return change.said(await access.patch(release, guarded(release, change.patch, isLast)));
}

/**
 * Reads the Release, decides what to change, changes it, and returns what has happened in a sentence. After a conflict
 * it reads and decides again, so that of two people who act at once the second learns of the first.
 */
export async function actOn(
  access: ReleaseAccess,
  decide: (release: Release) => ReleasePatch,
): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(access, decide, tries === TRIES);
    } catch (error) {
      const conflict = error instanceof SluiceError && error.code === 'KUBERNETES_CONFLICT';
      if (!conflict || tries >= TRIES) throw error;
    }
  }
}
