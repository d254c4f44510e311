import type { Clock } from '../../clock.ts';

/** How long a value is cached, milliseconds. */
const FRESH_MS = 10_000;

/**
 * Reads a value at most every ten seconds, so that unauthenticated requests, which are checked with it, do not turn
 * into requests to the API server. After a failure it is read again at once.
 */
export function briefly(read: () => Promise<string>, clock: Pick<Clock, 'now'>): () => Promise<string> {
  let known: { readonly value: Promise<string>; readonly until: number } | null = null;
  return () => {
    if (known !== null && clock.now() < known.until) return known.value;
    const value = read();
    const mine = { value, until: clock.now() + FRESH_MS };
    known = mine;
    value.catch(() => {
      if (known === mine) known = null;
    });
    return value;
  };
}
