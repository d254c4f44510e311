import type { Sample } from '../../analysis/evidence/sample.ts';

/** Maximum number of cached samples, and of series in all of them. */
const MOST_SAMPLES = 2_000;
const MOST_SERIES = 200_000;

/** Reads a sample; the signal is aborted when nobody waits for it any more. */
type Read = (signal: AbortSignal) => Promise<Sample>;

/**
 * Caches samples by query and time. Running reads are shared, and samples with data are kept for a while: the end of
 * one window is the start of the next, and both must be the same counts. After a rejection it is read again.
 */
export interface Recent {
  /** The sample, from the cache if known, else from `read`. `wanted` is aborted when the caller has left. */
  sample(promql: string, atMs: number, read: Read, wanted?: AbortSignal): Promise<Sample>;
}

/** One sample, and those who wait for it. */
interface Entry {
  readonly sample: Promise<Sample>;
  readonly stop: AbortController;
  waiting: number;
  size: number;
}

const sizeOf = (sample: Sample): number => (sample.kind === 'vector' ? sample.series.length : 0);

/** Waits for a sample. The read is aborted when the last waiter has left. */
async function join(entry: Entry, wanted: AbortSignal | undefined): Promise<Sample> {
  const leave = (): void => {
    entry.waiting -= 1;
    if (entry.waiting === 0) entry.stop.abort(wanted?.reason);
  };
  entry.waiting += 1;
  wanted?.addEventListener('abort', leave, { once: true });
  try {
    return await entry.sample;
  } finally {
    wanted?.removeEventListener('abort', leave);
  }
}

/** Creates an empty cache. The oldest samples are dropped first. */
export function createRecent(): Recent {
  const known = new Map<string, Entry>();
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
  const begin = (key: string, read: Read): Entry => {
    const stop = new AbortController();
    const entry: Entry = { sample: read(stop.signal), stop, waiting: 0, size: 0 };
    known.set(key, entry);
    const forgetThis = (): void => {
      if (known.get(key) === entry) forget(key);
    };
    stop.signal.addEventListener('abort', forgetThis, { once: true });
    entry.sample.then((sample) => {
      if (known.get(key) !== entry) return;
      entry.size = sizeOf(sample);
      total += entry.size;
      if (sample.kind === 'vector') shrink();
      else forget(key);
    }, forgetThis);
    return entry;
  };
  return {
    sample: async (promql, atMs, read, wanted) => {
      wanted?.throwIfAborted();
      const key = `${atMs} ${promql}`;
      return join(known.get(key) ?? begin(key, read), wanted);
    },
  };
}
