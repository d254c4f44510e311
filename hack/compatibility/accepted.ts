/** A change that breaks a promise of the last release, and is made all the same. */
export interface Accepted {
  /** As `npm run check` says it. */
  readonly change: string;
  /** For whom it matters, what they do, and why it is made. */
  readonly reason: string;
}

/** Changes since the last release; emptied when the contract is renewed. */
export const ACCEPTED: readonly Accepted[] = [];
