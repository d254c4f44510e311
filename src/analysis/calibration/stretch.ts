import type { Tally } from '../evidence/tally.ts';

/** Requests of one pod in consecutive windows of the past; null where it was not there. */
export interface PastPod {
  readonly pod: string;
  readonly windows: readonly (Tally | null)[];
}

/** A stretch of the past in which one version served and nothing was released. */
export interface Stretch {
  /** Length of a window in seconds. */
  readonly seconds: number;
  readonly pods: readonly PastPod[];
}

/** A rate of an outage, as a multiple of the median … */
const OUTAGE_TIMES = 20;
/** … and at least that much above it, with that many bad requests, in two windows in a row. */
const OUTAGE = { share: 0.05, bad: 20 } as const;
/** Share of all windows beyond which such times are no outages, but how the service is. */
const RARE = 0.01;

/** Counts as one. */
export function total(tallies: readonly (Tally | null)[]): Tally {
  let [events, bad] = [0, 0];
  for (const one of tallies) {
    events += one?.events ?? 0;
    bad += one?.bad ?? 0;
  }
  return { events, bad };
}

/** Rate of bad requests; 0 without requests. */
export const rate = ({ events, bad }: Tally): number => (events === 0 ? 0 : bad / events);

function windowsOf({ pods }: Stretch): Tally[] {
  const count = Math.max(0, ...pods.map(({ windows }) => windows.length));
  return Array.from({ length: count }, (_, at) => total(pods.map(({ windows }) => windows[at] ?? null)));
}

/** Windows of an outage: the version fails in two windows in a row, or the window is beside such a one. */
function outagesIn(stretch: Stretch): boolean[] {
  const all = windowsOf(stretch);
  const rates = all.filter(({ events }) => events > 0).map(rate);
  const median = rates.toSorted((a, b) => a - b)[rates.length >> 1] ?? 0;
  const limit = Math.max(OUTAGE_TIMES * median, median + OUTAGE.share);
  const fails = all.map((one) => one.bad >= OUTAGE.bad && rate(one) > limit);
  const lasts = fails.map((one, at) => one && (fails[at - 1] === true || fails[at + 1] === true));
  return lasts.map((one, at) => one || lasts[at - 1] === true || lasts[at + 1] === true);
}

/**
 * The stretches without the windows of an outage: it hits both versions of a release alike, and its size says nothing
 * about how much they differ. Where such windows are frequent, they are kept.
 */
export function withoutOutages(stretches: readonly Stretch[]): readonly Stretch[] {
  const isOut = stretches.map(outagesIn);
  const windows = isOut.flat();
  if (windows.filter(Boolean).length > RARE * windows.length) return stretches;
  return stretches.map((stretch, index) => ({
    ...stretch,
    pods: stretch.pods.map(({ pod, windows: counts }) => ({
      pod,
      windows: counts.map((one, at) => (isOut[index]?.[at] === true ? null : one)),
    })),
  }));
}

/** Pods that were there from the first window to the last. */
export function constantPods({ pods }: Stretch): PastPod[] {
  return pods.filter(({ windows }) => windows.length > 0 && windows[0] !== null && windows.at(-1) !== null);
}

/** The order of pods by the end of their names, which Kubernetes draws at random. */
const shuffled = (pods: readonly PastPod[]): PastPod[] =>
  pods.toSorted((a, b) => (a.pod.slice(-5) + a.pod < b.pod.slice(-5) + b.pod ? -1 : 1));

/**
 * The counts of groups of `size` pods, as many as a canary has: all pods in random order are divided into such groups.
 * With fewer pods they are one group.
 */
export function groupsOf(pods: readonly PastPod[], size: number): (Tally | null)[][] {
  const order = shuffled(pods);
  const count = Math.max(1, Math.floor(order.length / Math.max(1, size)));
  return Array.from({ length: order.length === 0 ? 0 : count }, (_, group) => {
    const ours = order.slice(group * size, (group + 1) * size);
    const length = Math.max(...ours.map(({ windows }) => windows.length));
    return Array.from({ length }, (__, at) => {
      const there = ours.map(({ windows }) => windows[at] ?? null);
      return there.includes(null) ? null : total(there);
    });
  });
}
