import type { Sample } from '../../analysis/evidence/sample.ts';

/** Samples that are remembered, and series in all of them. */
const MOST_SAMPLES = 2_000;
const MOST_SERIES = 200_000;

/** Reads a sample; the signal is aborted when nobody waits for it any more. */
type Read = (signal: AbortSignal) => Promise<Sample>;

/**
 * Remembers samples by query and time. What is under way is shared, and what has data is kept for a while: the end of
 * one window is the start of the next, and both must be the very same counts. What was rejected is read again.
 */
export interface Recent {
  /** The sample, from memory where it is known, else from `read`. `wanted` is aborted when the caller has gone. */
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

/** Waits for a sample. It is no longer read when the last one who waits for it has gone. */
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

/** Makes an empty memory. The oldest samples are forgotten first. */
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
