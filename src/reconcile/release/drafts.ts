import type { Release, ReleaseStatus } from '../../api/release.ts';

/** A status that has grown but is not worth a write yet. It lives as long as the version of the object it began from. */
interface Draft {
  readonly status: ReleaseStatus;
  /** Since when it has had something to write. */
  readonly since: number;
}

export type Drafts = WeakMap<Release, Draft>;

/** Makes an empty memory for them: one for each process. */
export function createDrafts(): Drafts {
  return new WeakMap();
}
