import { type AnalysisState, MOST_PODS } from '../../api/release/analysis-state.ts';
import type { ArmSamples, WindowSamples } from './sample.ts';

/** Canary pods, and since when each has been in the windows. */
export type KnownPods = NonNullable<AnalysisState['pods']>;

/** The pod of a series; empty where series of several pods were summed up. */
const podOf = (labels: Readonly<Record<string, string>>): string => labels['pod'] ?? '';

function podsIn({ arm, end }: ArmSamples): string[] {
  return arm === 'canary' && end.kind === 'vector' ? end.series.map(({ labels }) => podOf(labels)) : [];
}

/** The pods known after a window: those that it shows for the first time are as old as the window. */
export function podsAfter(before: KnownPods, window: WindowSamples): KnownPods {
  const known = new Set(before.map(({ pod }) => pod));
  const found = [...new Set(window.samples.flatMap(podsIn))].filter((pod) => !known.has(pod));
  const since = new Date(window.start).toISOString();
  return [...before, ...found.map((pod) => ({ pod, since }))].slice(0, MOST_PODS);
}

/** The pods that were cold in a window, if each is for `seconds`. */
export function coldIn(pods: KnownPods, seconds: number, { start }: WindowSamples): ReadonlySet<string> {
  return new Set(
    pods.filter(({ since }) => start < Date.parse(since) + 1_000 * seconds).map(({ pod }) => pod),
  );
}

/** The window with the series of those canary pods alone that are wanted; stable's stay. */
export function onlyPods(window: WindowSamples, wanted: (pod: string) => boolean): WindowSamples {
  const samples = window.samples.map((one): ArmSamples => {
    if (one.arm !== 'canary') return one;
    const [start, end] = [one.start, one.end].map((sample) =>
      sample.kind === 'vector'
        ? { ...sample, series: sample.series.filter(({ labels }) => wanted(podOf(labels))) }
        : sample,
    ) as [ArmSamples['start'], ArmSamples['end']];
    return { ...one, start, end };
  });
  return { ...window, samples };
}

/** Canary pods in a window, 1 where the series do not distinguish them. */
export function podCount(window: WindowSamples): number {
  return Math.max(1, new Set(window.samples.flatMap(podsIn)).size);
}
