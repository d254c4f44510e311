import type { MetricState } from '../../api/release/analysis-state.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { countText, percentText } from '../verdict/number-text.ts';

/** Requests of each version below which the fraction is not checked. */
const LEAST = 200;
/** Least deviation from the weight, relative to it … */
const FAR = 0.3;
/** … and in standard errors, so that it is not chance. */
const SURE = 6;

/** What the routes give the canary; percentages. */
type Expected = Pick<ReleaseStatus, 'weight' | 'match' | 'mirror'>;

/** The canary's part of the requests that both versions count; 0 if it is not known. A copy counts beside its original. */
function shareOf({ weight, match, mirror }: Expected): number {
  if (match !== undefined) return 0;
  if (mirror === undefined) return weight / 100;
  return weight === 0 ? mirror / (100 + mirror) : 0;
}

function requestsOf({ canary, stable }: MetricState): number {
  return canary.events + stable.events;
}

/**
 * A sentence if the data plane clearly did not send the canary its part of the requests, else null. That does not make a
 * version bad, but something bypasses the route: clients that reach pods without it, retries that go to stable, or a
 * proxy that mirrors all requests whatever the percentage. How many requests a match is about, nobody knows.
 */
export function splitProblem(states: readonly MetricState[], expected: Expected): string | null {
  const fullest = states.toSorted((a, b) => requestsOf(b) - requestsOf(a))[0];
  const wanted = shareOf(expected);
  if (fullest === undefined || wanted <= 0 || wanted >= 1) return null;
  const ours = fullest.canary.events;
  const all = requestsOf(fullest);
  if (all < LEAST || fullest.stable.events === 0) return null;
  const share = ours / all;
  const error = Math.sqrt((wanted * (1 - wanted)) / all);
  if (Math.abs(share - wanted) < Math.max(FAR * wanted, SURE * error)) return null;
  return `the canary got ${percentText(share)} of ${countText(all)} requests and not ${percentText(wanted)}: some traffic does not follow the route`;
}
