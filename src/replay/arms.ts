import type { ArmSamples, Sample, Series } from '../analysis/evidence/sample.ts';
import { canarySize } from '../release/canary/size.ts';
import type { MetricCounts, PastValues, PodCounts } from './counts.ts';
import type { Random } from './random.ts';

/** A period of the past in which the same pods served. */
export interface Period {
  readonly startMs: number;
  /** Length of a window, and their number. */
  readonly stepMs: number;
  readonly count: number;
  /** Pods of the version that served. */
  readonly pods: readonly string[];
  readonly metrics: readonly MetricCounts[];
  /** Numbers, which do not depend on how requests are split. */
  readonly values: readonly PastValues[];
}

/** Requests of two arms in a window, by category; null if the arm had no pod. */
export interface Arms {
  readonly canary: readonly number[] | null;
  readonly stable: readonly number[] | null;
}

function sum(pods: readonly PodCounts[], at: number): number[] | null {
  let all: number[] | null = null;
  for (const { windows } of pods) {
    const counts = windows[at];
    if (counts === null || counts === undefined) continue;
    all = all === null ? [...counts] : all.map((count, index) => count + (counts[index] ?? 0));
  }
  return all;
}

function thin(counts: readonly number[] | null, keep: number, random: Random): readonly number[] | null {
  if (counts === null || keep >= 1) return counts;
  return counts.map((count) => random.binomial(Math.round(count), keep));
}

/** The fraction of each arm to keep so that the canary has `weight` of the rest, if it has `share` of all. */
export function keptShares(share: number, weight: number): { canary: number; stable: number } {
  if (share <= 0 || share >= 1) return { canary: 1, stable: 1 };
  const canary = (weight * (1 - share)) / (share * (1 - weight));
  return canary <= 1 ? { canary, stable: 1 } : { canary: 1, stable: 1 / canary };
}

function eventsOf(pods: readonly PodCounts[]): number {
  return pods.reduce(
    (all, { windows }) =>
      all + windows.reduce((some, counts) => some + (counts ?? []).reduce((a, b) => a + b, 0), 0),
    0,
  );
}

/** Splits the requests of one version into two arms, as if some of its pods were the canary. */
export interface Split {
  /** The requests of both arms in a window at a weight in percent. */
  arms(metric: MetricCounts, at: number, weight: number): Arms;
}

/**
 * Splits by pods in random order, the first ones being the canary, as many as a release would have. Requests are then
 * thinned at random so that the canary has its weight: the noise between pods and over time stays as it was.
 */
export function splitPods({ pods }: Period, random: Random): Split {
  const order = pods.map((pod) => ({ pod, key: random.uniform() })).toSorted((a, b) => a.key - b.key);
  const shares = new Map<string, number>();
  return {
    arms: (metric, at, weight) => {
      const size = Math.min(order.length - 1, canarySize(order.length, weight));
      const chosen = new Set(order.slice(0, size).map(({ pod }) => pod));
      const ours = metric.pods.filter(({ pod }) => chosen.has(pod));
      const theirs = metric.pods.filter(({ pod }) => pods.includes(pod) && !chosen.has(pod));
      const key = `${metric.metric.name} ${size}`;
      const share = shares.get(key) ?? eventsOf(ours) / Math.max(1, eventsOf(ours) + eventsOf(theirs));
      shares.set(key, share);
      const kept = keptShares(share, weight / 100);
      return {
        canary: thin(sum(ours, at), kept.canary, random),
        stable: thin(sum(theirs, at), kept.stable, random),
      };
    },
  };
}

/** Assigns the requests one by one, if there is a single pod: noise between pods does not show then. */
export function splitRequests({ pods }: Period, random: Random): Split {
  return {
    arms: (metric, at, weight) => {
      const all = sum(
        metric.pods.filter(({ pod }) => pods.includes(pod)),
        at,
      );
      if (all === null) return { canary: null, stable: null };
      const canary = all.map((count) => random.binomial(Math.round(count), weight / 100));
      return { canary, stable: all.map((count, index) => Math.round(count) - (canary[index] ?? 0)) };
    },
  };
}

/** Makes a fraction of the good requests bad: failed, slower than every bucket, or of the rarest class. */
export function injectFault(
  { metric }: MetricCounts,
  counts: readonly number[] | null,
  share: number,
  random: Random,
): readonly number[] | null {
  if (counts === null) return null;
  const last = metric.drift === undefined ? counts.length - 1 : counts.indexOf(Math.min(...counts));
  const moved = counts.map((count, index) =>
    index === last ? 0 : random.binomial(Math.round(count), share),
  );
  const added = moved.reduce((a, b) => a + b, 0);
  return counts.map((count, index) => (index === last ? count + added : count - (moved[index] ?? 0)));
}

/** A native histogram has the count of each bucket, and the total. */
function nativeSeries({ categories }: MetricCounts, counts: readonly number[], pod: string): Series[] {
  const inner = categories.slice(0, -1).map((upper, index) => ({
    labels: { pod, __upper__: upper },
    value: counts[index] ?? 0,
  }));
  return [...inner, { labels: { pod, le: '+Inf' }, value: counts.reduce((a, b) => a + b, 0) }];
}

function seriesOf(
  { metric, categories, native }: MetricCounts,
  counts: readonly number[],
): [ArmSamples['part'], Series[]][] {
  const pod = 'replayed';
  const all = counts.reduce((a, b) => a + b, 0);
  if (metric.errors !== undefined)
    return [
      ['requests', [{ labels: { pod }, value: all }]],
      ['failures', [{ labels: { pod }, value: counts[1] ?? 0 }]],
    ];
  if (native === true) return [['buckets', nativeSeries({ metric, categories, pods: [] }, counts, pod)]];
  let below = 0;
  const label = metric.latency === undefined ? (metric.drift?.label ?? '') : 'le';
  const series = categories.map((name, index): Series => {
    below += counts[index] ?? 0;
    const value = metric.latency === undefined ? (counts[index] ?? 0) : below;
    return { labels: { pod, [label]: name }, value };
  });
  return [[metric.latency === undefined ? 'counters' : 'buckets', series]];
}

const NONE: Sample = { kind: 'noData', message: 'no pod of this arm was there' };
const zero = (series: readonly Series[]): Sample => ({
  kind: 'vector',
  series: series.map(({ labels }) => ({ labels, value: 0 })),
});

/** Counts of a window as the raw counters of one pod at both of its ends. */
export function samplesOf(
  metric: MetricCounts,
  arm: ArmSamples['arm'],
  counts: readonly number[] | null,
): ArmSamples[] {
  const known = seriesOf(metric, counts ?? metric.categories.map(() => 0));
  return known.map(([part, series]) => ({
    metric: metric.metric.name,
    arm,
    part,
    promql: '',
    start: counts === null ? NONE : zero(series),
    end: counts === null ? NONE : { kind: 'vector', series },
  }));
}
