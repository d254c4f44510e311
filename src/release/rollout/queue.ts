import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { canonical } from '../../api/values/canonical.ts';
import type { Observation } from '../observed.ts';
import type { Notice } from '../status/notice.ts';

/**
 * Whether a newer template waits until this release has ended. It does not before the canary has pods: nothing has
 * loaded by then, and people want the newer one.
 */
export function queues({ release, canary }: Pick<Observation, 'release' | 'canary'>): boolean {
  return release.spec.policy.onNewRevision === 'queue' && canary !== null;
}

/** The message about a waiting newer template: once for each. */
export function queuedNotices(release: Release, before: ReleaseStatus, after: ReleaseStatus): Notice[] {
  const isNew = after.next !== undefined && canonical(after.next) !== canonical(before.next);
  if (!isNew || after.handedOver === true || after.outcome !== undefined) return [];
  const note = `a newer pod template waits until Release ${release.metadata.name} has ended (onNewRevision: queue); to have it begin at once, abort this one`;
  return [{ type: 'Normal', reason: 'NewerRevisionQueued', note }];
}
