/**
 * What every answer other than 2xx has as its body. `signedOut` (401): sign in again. `forbidden` (403), `notFound`
 * (404), `invalid` (400), `conflict` (409), `tooMany` (429), `unavailable` (503): the API server does not answer.
 */
export interface Problem {
  readonly code:
    | 'signedOut'
    | 'forbidden'
    | 'notFound'
    | 'invalid'
    | 'conflict'
    | 'tooMany'
    | 'unavailable'
    | 'failed';
  /** The state and its cause, in a sentence. */
  readonly message: string;
  /** What a person can do, one line each. */
  readonly next: readonly string[];
}

/** How current the data of a page are. */
export interface Health {
  /** When the data were known to be current, RFC 3339; a page says how long ago that is if there is trouble. */
  readonly asOf: string;
  /** Why they may be old, in a sentence; null while they are current. */
  readonly trouble: string | null;
}
