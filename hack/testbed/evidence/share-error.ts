import { chanceOfAtLeast } from '../../../src/analysis/evidence/binomial.ts';

/** A right split is taken for a wrong one with at most this chance, each way. */
const ALPHA = 1e-6;

/** Smallest number of successes in `n` trials with chance `p` that is too many. */
function tooMany(n: number, p: number): number {
  let [low, high] = [0, n + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (chanceOfAtLeast(n, middle, p) <= ALPHA) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Percentage points by which the share of `hits` among `requests` lies outside of the interval of a binomial
 * distribution with `percent`; 0 where it lies inside.
 */
export function shareError(requests: number, hits: number, percent: number): number {
  const p = percent / 100;
  const most = tooMany(requests, p) - 1;
  const least = requests - (tooMany(requests, 1 - p) - 1);
  const outside = Math.max(0, hits - most, least - hits);
  return requests === 0 ? 0 : (outside / requests) * 100;
}
