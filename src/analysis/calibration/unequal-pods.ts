import type { Tally } from '../evidence/tally.ts';
import { type PastPod, rate, total } from './stretch.ts';

/** How far a pod was from the mean of all in each half of a stretch, relative to it. */
type Halves = readonly [number, number];

function relative(pod: Tally, mean: number): number {
  return rate(pod) / mean - 1;
}

function halvesOf(pods: readonly PastPod[]): Halves[] {
  const middle = Math.floor((pods[0]?.windows.length ?? 0) / 2);
  const halves = [
    (pod: PastPod) => total(pod.windows.slice(0, middle)),
    (pod: PastPod) => total(pod.windows.slice(middle)),
  ] as const;
  const means = halves.map((half) => rate(total(pods.map(half))));
  const [first = 0, second = 0] = means;
  if (first <= 0 || second <= 0) return [];
  return pods.map((pod): Halves => [relative(halves[0](pod), first), relative(halves[1](pod), second)]);
}

/**
 * Squared coefficient of variation of the rates of pods, as far as it lasts: what a pod is beyond the others in one half
 * of a stretch and in the other. Chance and short bursts are independent in the two. Null without two pods.
 */
export function unequalPods(stretches: readonly (readonly PastPod[])[]): number | null {
  let [sum, count] = [0, 0];
  for (const pods of stretches) {
    if (pods.length < 2) continue;
    for (const [one, other] of halvesOf(pods)) sum += one * other;
    count += pods.length - 1;
  }
  return count === 0 ? null : Math.max(0, sum / count);
}
