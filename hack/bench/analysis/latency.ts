import type { Random } from '../../../src/replay/random.ts';
import { type Arm, EDGES, STABLE_P95 } from './look.ts';

/** Spread of the logarithm of the latency. */
const SIGMA = 0.5;
const Z95 = 1.6448536;
const TAIL = 0.05;

/** Chance that a standard normal variable is below `z` (Abramowitz and Stegun 26.2.17; error under 1e-7). */
function below(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return z >= 0 ? 1 - upper : upper;
}

/** The z above which a share lies, by bisection. */
function zOfTail(share: number): number {
  let [low, high] = [-6, 6];
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (1 - below(middle) > share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Draws `events` log-normal latencies into the buckets. `slower` multiplies each of them; `factor` multiplies the share
 * of slow requests, as it multiplies the share of failures, and `extra` is added to that share.
 */
export function drawLatency(
  random: Random,
  events: number,
  { slower, factor, extra }: { readonly slower: number; readonly factor: number; readonly extra: number },
): Arm {
  const tail = Math.min(0.9, TAIL * factor + extra);
  const shift = (tail === TAIL ? Z95 : zOfTail(tail)) - Math.log(slower) / SIGMA;
  const z95 = Math.log(STABLE_P95);
  let left = events;
  let passed = 0;
  const buckets = EDGES.map((edge) => {
    const share = below((Math.log(edge) - z95) / SIGMA + shift);
    const count = random.binomial(left, passed >= 1 ? 1 : (share - passed) / (1 - passed));
    left -= count;
    passed = share;
    return count;
  });
  const at = EDGES.indexOf(STABLE_P95);
  const fast = buckets.slice(0, at + 1).reduce((sum, count) => sum + count, 0);
  return { events, bad: events - fast, buckets: [...buckets, left] };
}
