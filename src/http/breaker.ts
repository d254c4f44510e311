/** Failures in a row after which an endpoint gets no more queries. */
const FAILURES = 5;
/** How long it gets none, before one query tries it again. */
const REST_MS = 10_000;

/** Keeps queries away from an endpoint that does not answer, so that nobody waits for its timeout again and again. */
export interface Breaker {
  /** Milliseconds until the next try; 0 permits a query. */
  waitMs(): number;
  /** Records how a permitted query ended: why it failed, or null. */
  note(fault: string | null): void;
  /** Why the last query failed; null if it succeeded. */
  fault(): string | null;
}

/** Breakers that are remembered. */
const MOST = 1_000;

/** Makes a breaker over a monotonic clock in milliseconds. */
function createBreaker(monotonic: () => number): Breaker {
  let failures = 0;
  let until = 0;
  let last: string | null = null;
  return {
    waitMs: () => {
      if (failures < FAILURES) return 0;
      const wait = until - monotonic();
      if (wait > 0) return wait;
      // This query tests whether it is back; all others keep waiting.
      until = monotonic() + REST_MS;
      return 0;
    },
    note: (fault) => {
      last = fault;
      failures = fault === null ? 0 : failures + 1;
      if (failures >= FAILURES) until = monotonic() + REST_MS;
    },
    fault: () => last,
  };
}

/**
 * Breakers of servers, one for each namespace that uses it: failures may be due to a namespace's own queries, which
 * must not block the others. The least recently used breakers are dropped.
 */
export function createBreakers(monotonic: () => number): (namespace: string, server: string) => Breaker {
  const breakers = new Map<string, Breaker>();
  return (namespace, server) => {
    const key = `${namespace} ${server}`;
    const breaker = breakers.get(key) ?? createBreaker(monotonic);
    breakers.delete(key);
    breakers.set(key, breaker);
    for (const oldest of breakers.keys()) {
      if (breakers.size <= MOST) break;
      breakers.delete(oldest);
    }
    return breaker;
  };
}
