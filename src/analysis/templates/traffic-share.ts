import type { MetricState } from '../../api/release/analysis-state.ts';
import { countText, percentText } from '../verdict/number-text.ts';

/** Requests of each version below which the fraction is not checked. */
const LEAST = 200;
/** Least deviation from the weight, relative to it … */
const FAR = 0.3;
/** … and in standard errors, so that it is not chance. */
const SURE = 6;

function requestsOf({ canary, stable }: MetricState): number {
  return canary.events + stable.events;
}

/**
 * A sentence if the data plane clearly did not send the canary the weighted part of the requests, else null. That does
 * not make a version bad, but something bypasses the route: clients that reach pods without it, or retries that go to
 * stable. `weight` is in percent.
 */
export function splitProblem(states: readonly MetricState[], weight: number): string | null {
  const fullest = states.toSorted((a, b) => requestsOf(b) - requestsOf(a))[0];
  if (fullest === undefined || weight <= 0 || weight >= 100) return null;
  const ours = fullest.canary.events;
  const all = requestsOf(fullest);
  const wanted = weight / 100;
  if (all < LEAST || fullest.stable.events === 0) return null;
  const share = ours / all;
  const error = Math.sqrt((wanted * (1 - wanted)) / all);
  if (Math.abs(share - wanted) < Math.max(FAR * wanted, SURE * error)) return null;
  return `the canary got ${percentText(share)} of ${countText(all)} requests and not ${weight} %: some traffic does not follow the route`;
}
