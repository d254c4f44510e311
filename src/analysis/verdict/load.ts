import type { MetricState, PodLoad } from '../../api/release/analysis-state.ts';
import { countOf } from './number-text.ts';

/** Requests of each version below which loads are not compared. */
const LEAST = 50;
/** Ratio of requests per pod from which loads differ: latency and errors depend on load. */
const FAR = 2;

const requestsOf = ({ canary, stable }: MetricState): number => canary.events + stable.events;

/** Ready pods of both versions. */
export interface ReadyPods {
  readonly canary: number;
  readonly stable: number;
}

/**
 * How many requests a pod of either version has answered since the step began, on average over the pods that are ready
 * now, by the metric that counts most; null if there are too few. Different loads make equal versions look different:
 * that is no version's fault and decides nothing.
 */
export function loadOf(states: readonly MetricState[], pods: ReadyPods, before?: PodLoad): PodLoad | null {
  const fullest = states.toSorted((a, b) => requestsOf(b) - requestsOf(a))[0];
  if (fullest === undefined || pods.canary <= 0 || pods.stable <= 0) return null;
  const [ours, theirs] = [fullest.canary.events, fullest.stable.events];
  if (Math.min(ours, theirs) < LEAST) return null;
  const load = {
    canary: Math.round(ours / pods.canary),
    stable: Math.round(theirs / pods.stable),
    canaryPods: pods.canary,
    stablePods: pods.stable,
  };
  return { ...load, told: before?.told === true || isUneven(load) };
}

/** Whether one version's pods answer more than twice as many requests as the other's. */
export function isUneven({ canary, stable }: Pick<PodLoad, 'canary' | 'stable'>): boolean {
  return Math.max(canary, stable) > FAR * Math.min(canary, stable);
}

/** How the loads compare; if they differ, what that means and how to even them. */
export function loadText(load: PodLoad): string {
  const { canary, stable, canaryPods, stablePods } = load;
  const times = Number((canary / Math.max(1, stable)).toPrecision(2));
  const seen = `each canary pod answers ${times} times as many requests as a stable one (${countOf(canary, 'request')} against ${countOf(stable, 'request')}, on ${canaryPods} and ${stablePods} pods)`;
  if (!isUneven(load)) return seen;
  const looks = canary < stable ? 'better' : 'worse';
  const even = Math.round((100 * canaryPods) / (canaryPods + stablePods));
  return `${seen}, so the canary may look ${looks} than it is; the loads are alike at a weight of ${even} %`;
}
