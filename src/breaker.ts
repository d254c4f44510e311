/** Failures in a row after which an endpoint is left alone. */
const FAILURES = 5;
/** How long it is left alone before one query is let through to it. */
const REST_MS = 10_000;

/** Keeps queries away from an endpoint that does not answer, so that nobody waits for its time limit again and again. */
export interface Breaker {
  /** Milliseconds until the next try; 0 lets a query through. */
  waitMs(): number;
  /** Notes how a query that was let through has ended. */
  note(answered: boolean): void;
}

/** Makes a breaker over a monotonic clock in milliseconds. */
export function createBreaker(monotonic: () => number): Breaker {
  let failures = 0;
  let until = 0;
  return {
    waitMs: () => {
      if (failures < FAILURES) return 0;
      const wait = until - monotonic();
      if (wait > 0) return wait;
      // This query tries whether it is back; all others go on waiting.
      until = monotonic() + REST_MS;
      return 0;
    },
    note: (answered) => {
      failures = answered ? 0 : failures + 1;
      if (failures >= FAILURES) until = monotonic() + REST_MS;
    },
  };
}
