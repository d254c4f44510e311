import type { Release, ReleaseStatus } from '../../api/release/release.ts';

/** A changed status that need not be written yet. It lives as long as the version of the object it began from. */
interface Draft {
  readonly status: ReleaseStatus;
  /** Since when it has had something to write. */
  readonly since: number;
}

export type Drafts = WeakMap<Release, Draft>;

/** Creates an empty memory for them: one per process. */
export function createDrafts(): Drafts {
  return new WeakMap();
}
