import type { PastPod, Stretch } from '../../analysis/calibration/stretch.ts';
import { edgeAtTail, edgeOf } from '../../analysis/evidence/histogram.ts';
import type { Tally } from '../../analysis/evidence/tally.ts';
import { rulesOf } from '../../analysis/verdict/bound.ts';
import type { MetricCounts } from '../../replay/counts.ts';
import { replicaSetOf } from '../../replay/period.ts';

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);

/** The category from which on requests of the metric are bad; null without requests. */
function firstBad({ metric, categories, pods }: MetricCounts): number | null {
  if (metric.latency === undefined) return 1;
  const { unit } = metric.latency;
  const all = categories.map((_, at) =>
    sum(pods.flatMap(({ windows }) => windows.map((counts) => counts?.[at] ?? 0))),
  );
  const edges = categories.slice(0, -1).map((le) => edgeOf(le, unit) ?? Number.POSITIVE_INFINITY);
  const cumulative = edges.map((_, at) => sum(all.slice(0, at + 1)));
  const read = rulesOf(metric);
  const total = sum(all);
  if ('field' in read || total === 0) return null;
  const edge = edgeAtTail({ edges, cumulative, total }, read.rules.tail);
  return edge === null ? null : edges.indexOf(edge) + 1;
}

/** Windows in which the pods of a version were there. */
const presence = (pods: MetricCounts['pods']): number =>
  pods.reduce((all, { windows }) => all + windows.filter((counts) => counts !== null).length, 0);

/** The pods of the version that was there the most. */
function prevailing({ pods }: MetricCounts): MetricCounts['pods'] {
  const sets = new Map<string, MetricCounts['pods'][number][]>();
  for (const one of pods) {
    const name = replicaSetOf(one.pod);
    sets.set(name, [...(sets.get(name) ?? []), one]);
  }
  return [...sets.values()].reduce<MetricCounts['pods']>(
    (most, one) => (presence(one) > presence(most) ? one : most),
    [],
  );
}

/** The windows from the first to the last in which the version had a pod: before, it did not exist. */
function trimmed(pods: readonly PastPod[]): PastPod[] {
  const windows = pods[0]?.windows ?? [];
  const isThere = (at: number): boolean => pods.some((one) => (one.windows[at] ?? null) !== null);
  const there = windows.flatMap((_, at) => (isThere(at) ? [at] : []));
  const [from = 0, to = -1] = [there[0], there.at(-1)];
  return pods.map(({ pod, windows: all }) => ({ pod, windows: all.slice(from, to + 1) }));
}

/** The counts of one version as bad requests among requests; null without requests. */
export function stretchOf(counts: MetricCounts, stepMs: number): Stretch | null {
  const from = firstBad(counts);
  if (from === null) return null;
  const tally = (one: readonly number[]): Tally => ({ events: sum(one), bad: sum(one.slice(from)) });
  const pods = prevailing(counts).map(
    ({ pod, windows }): PastPod => ({
      pod,
      windows: windows.map((one) => (one === null ? null : tally(one))),
    }),
  );
  return pods.length === 0 ? null : { seconds: stepMs / 1_000, pods: trimmed(pods) };
}
