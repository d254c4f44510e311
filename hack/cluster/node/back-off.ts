/** How long to wait before a crashed container is started again. */
export interface BackOff {
  /** Milliseconds to wait after a container that ran for `ranMs` has ended. */
  next(ranMs: number): number;
}

const FIRST_MS = 1_000;
/** A container that ran this long is not in a crash loop. */
const FORGET_MS = 30_000;

/**
 * The kubelet's shape at a speed fit for tests: the first restart is at once, then 1 s, doubling up to `maxMs`. (The
 * kubelet itself starts at 10 s and ends at 5 min.)
 */
export function createBackOff(maxMs: number): BackOff {
  let crashes = 0;
  return {
    next: (ranMs) => {
      if (ranMs >= FORGET_MS) crashes = 0;
      const wait = crashes === 0 ? 0 : Math.min(maxMs, FIRST_MS * 2 ** (crashes - 1));
      crashes++;
      return wait;
    },
  };
}
