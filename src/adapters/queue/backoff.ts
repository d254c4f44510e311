import { SluiceError } from '../../errors.ts';

/** First and longest delay in milliseconds. The longest is short, since an abort may wait for it. */
const [FIRST_MS, LONGEST_MS] = [200, 15_000];

/** Failures in a row, by key. */
export interface Backoff {
  /** Records a failure; returns the delay before the next try in milliseconds, or null if retrying makes no sense. */
  failed(key: string, error: unknown): number | null;
  /** Forgets the failures of a key. */
  succeeded(key: string): void;
}

/**
 * Exponential back-off with equal jitter: half of the delay is fixed, half is random, so that keys that failed together
 * are not retried together.
 */
export function createBackoff(random: () => number): Backoff {
  const failures = new Map<string, number>();
  return {
    failed: (key, error) => {
      const retry = error instanceof SluiceError ? error.retry : 'backoff';
      if (retry === 'terminal') {
        failures.delete(key);
        return null;
      }
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      const jitter = 0.5 + random() / 2;
      const delay = Math.min(LONGEST_MS, FIRST_MS * 2 ** before) * jitter;
      return typeof retry === 'object' ? retry.afterMs + delay : delay;
    },
    succeeded: (key) => void failures.delete(key),
  };
}
