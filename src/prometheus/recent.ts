import type { Sample } from '../analysis/sample.ts';

/** Samples that are remembered, and series in all of them. */
const MOST_SAMPLES = 2_000;
const MOST_SERIES = 200_000;

/**
 * Remembers samples by query and time. What is under way is shared, and what has data is kept for a while: the end of
 * one window is the start of the next, and both must be the very same counts. What was rejected is read again.
 */
export interface Recent {
  /** The sample, from memory where it is known, else from `read`. */
  sample(promql: string, atMs: number, read: () => Promise<Sample>): Promise<Sample>;
}

const sizeOf = (sample: Sample): number => (sample.kind === 'vector' ? sample.series.length : 0);

/** Makes an empty memory. The oldest samples are forgotten first. */
export function createRecent(): Recent {
  const known = new Map<string, { readonly sample: Promise<Sample>; size: number }>();
  let total = 0;
  const forget = (key: string): void => {
    total -= known.get(key)?.size ?? 0;
    known.delete(key);
  };
  const shrink = (): void => {
    for (const key of known.keys()) {
      if (known.size <= MOST_SAMPLES && total <= MOST_SERIES) return;
      forget(key);
    }
  };
  return {
    sample: async (promql, atMs, read) => {
      const key = `${atMs} ${promql}`;
      const before = known.get(key);
      if (before !== undefined) return before.sample;
      const entry = { sample: read(), size: 0 };
      known.set(key, entry);
      entry.sample.catch(() => {
        if (known.get(key) === entry) forget(key);
      });
      const sample = await entry.sample;
      if (known.get(key) !== entry) return sample;
      entry.size = sizeOf(sample);
      total += entry.size;
      if (sample.kind === 'vector') shrink();
      else forget(key);
      return sample;
    },
  };
}
