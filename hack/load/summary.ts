import { isFailed, type LoadRecord, NOT_SENT } from './record.ts';

/** Counts and answer times of a group of requests. */
export interface Tally {
  requests: number;
  failed: number;
  /** Answer times in milliseconds, of requests that were answered; within 5 % of the exact ones. */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

/** One second of the load. */
export interface Interval {
  /** Its beginning, epoch milliseconds. */
  readonly at: number;
  requests: number;
  failed: number;
  readonly byVersion: Record<string, { requests: number; failed: number }>;
}

/** What a load came to. */
export interface Summary extends Tally {
  /** Requests that were due but not sent, since too many were under way: the generator's fault or the target's. */
  notSent: number;
  /** The most by which a request was sent late, in milliseconds. Large values say that the machine was overloaded. */
  maxLateMs: number;
  byVersion: Record<string, Tally>;
  byPod: Record<string, number>;
  /** By status, or by error where there was no answer. */
  byCode: Record<string, number>;
  intervals: Interval[];
}

/** Takes in records and sums them up in bounded memory. */
export interface Summarizer {
  add(record: LoadRecord): void;
  summary(): Summary;
}

/** Bounds of the buckets of answer times grow by this factor. */
const GROWTH = 1.05;
/** Requests without an answer belong to no version. */
const NO_VERSION = 'none';

function createGroup() {
  const buckets = new Map<number, number>();
  let [requests, failed, answered] = [0, 0, 0];
  const quantile = (share: number): number | null => {
    let left = Math.ceil(answered * share);
    for (const [bucket, size] of [...buckets].toSorted(([a], [b]) => a - b)) {
      left -= size;
      if (left <= 0) return Math.round(GROWTH ** (bucket + 0.5) * 10) / 10;
    }
    return null;
  };
  return {
    add: (record: LoadRecord): void => {
      requests++;
      if (isFailed(record)) failed++;
      if (record.error !== null) return;
      answered++;
      const bucket = Math.floor(Math.log(Math.max(record.latencyMs, 0.1)) / Math.log(GROWTH));
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    },
    tally: (): Tally => ({
      requests,
      failed,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      p99Ms: quantile(0.99),
    }),
  };
}

type Group = ReturnType<typeof createGroup>;

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

function countUp(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** Makes a summarizer. An interval of one second costs about 200 bytes, all else does not grow with time. */
export function createSummarizer(): Summarizer {
  const all = createGroup();
  const versions = new Map<string, Group>();
  const intervals = new Map<number, Interval>();
  const [byPod, byCode]: [Record<string, number>, Record<string, number>] = [{}, {}];
  let [notSent, maxLateMs] = [0, 0];

  const addToInterval = (record: LoadRecord, version: string): void => {
    const at = Math.floor(record.at / 1_000) * 1_000;
    const interval = entry(intervals, at, (): Interval => ({ at, requests: 0, failed: 0, byVersion: {} }));
    const own = (interval.byVersion[version] ??= { requests: 0, failed: 0 });
    const failed = isFailed(record) ? 1 : 0;
    interval.requests++;
    interval.failed += failed;
    own.requests++;
    own.failed += failed;
  };

  return {
    add: (record) => {
      if (record.error === NOT_SENT) {
        notSent++;
        return;
      }
      const version = record.version === '' ? NO_VERSION : record.version;
      all.add(record);
      entry(versions, version, createGroup).add(record);
      addToInterval(record, version);
      countUp(byCode, record.error ?? String(record.status));
      if (record.pod !== '') countUp(byPod, record.pod);
      maxLateMs = Math.max(maxLateMs, record.lateMs);
    },
    summary: () => ({
      ...all.tally(),
      notSent,
      maxLateMs,
      byVersion: Object.fromEntries([...versions].map(([version, group]) => [version, group.tally()])),
      byPod: { ...byPod },
      byCode: { ...byCode },
      intervals: [...intervals.values()]
        .toSorted((a, b) => a.at - b.at)
        .map((interval) => structuredClone(interval)),
    }),
  };
}
