import type { Sample } from '../../analysis/evidence/sample.ts';

/** The result of one query at one time, epoch milliseconds. */
interface Entry {
  readonly at: number;
  readonly sample: Sample;
  /** It was used as the end of a window, and will be needed again as the start of the next one. */
  used: boolean;
}

/** How long unused samples are kept, how long used ones, and how many of the latter. */
const [FRESH_MS, USED_MS, MOST_USED] = [2 * 60_000, 60 * 60_000, 16];

/** The results of one query over the last minutes. */
export interface History {
  /** The newest sample that is at most `maxAgeMs` older than `at`; always the same one for the same time. */
  find(at: number, maxAgeMs: number): Sample | null;
  add(at: number, sample: Sample): void;
  /** Number of series in all kept samples. */
  size(): number;
}

const seriesIn = (sample: Sample): number => (sample.kind === 'vector' ? sample.series.length : 0);

/** Creates an empty history. */
export function createHistory(): History {
  let entries: Entry[] = [];
  const forget = (now: number): void => {
    const used = entries.filter((entry) => entry.used).slice(-MOST_USED);
    entries = entries.filter((entry) => {
      const age = now - entry.at;
      return entry.used ? age <= USED_MS && used.includes(entry) : age <= FRESH_MS;
    });
  };
  return {
    find: (at, maxAgeMs) => {
      const entry = entries.findLast((one) => one.at <= at);
      if (entry === undefined || entry.at < at - maxAgeMs) return null;
      entry.used = true;
      return entry.sample;
    },
    add: (at, sample) => {
      const index = entries.findLastIndex((one) => one.at <= at) + 1;
      entries.splice(index, 0, { at, sample, used: false });
      forget(Math.max(at, entries.at(-1)?.at ?? at));
    },
    size: () => entries.reduce((sum, { sample }) => sum + seriesIn(sample), 0),
  };
}
