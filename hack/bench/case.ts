import { createRandom, type Random } from '../../src/replay/random.ts';
import { type Arm, EDGES, LOOKS, type Look, SECONDS, STABLE_P95, WEIGHT } from './look.ts';

/** A situation that an engine is tried in. */
export interface Case {
  readonly name: string;
  readonly truth: 'same' | 'worse';
  readonly kind: 'errors' | 'latency';
  /** Share of failed requests of stable and canary; for latency how many times slower the canary is. */
  readonly stable: number;
  readonly canary: number;
  /** A time of trouble of both versions: how many times the bad requests, for five minutes. */
  readonly burst?: number;
}

/** The cases of the benchmark. */
export const CASES: readonly Case[] = [
  { name: '1 % and 1 % errors', truth: 'same', kind: 'errors', stable: 0.01, canary: 0.01 },
  { name: '1 % and 1 %, burst', truth: 'same', kind: 'errors', stable: 0.01, canary: 0.01, burst: 5 },
  { name: '1 → 2 % errors', truth: 'worse', kind: 'errors', stable: 0.01, canary: 0.02 },
  { name: '1 → 5 % errors', truth: 'worse', kind: 'errors', stable: 0.01, canary: 0.05 },
  { name: '1 → 20 % errors', truth: 'worse', kind: 'errors', stable: 0.01, canary: 0.2 },
  { name: 'p95 × 1', truth: 'same', kind: 'latency', stable: 1, canary: 1 },
  { name: 'p95 × 1, burst', truth: 'same', kind: 'latency', stable: 1, canary: 1, burst: 5 },
  { name: 'p95 × 1.2', truth: 'worse', kind: 'latency', stable: 1, canary: 1.2 },
  { name: 'p95 × 1.5', truth: 'worse', kind: 'latency', stable: 1, canary: 1.5 },
  { name: 'p95 × 2', truth: 'worse', kind: 'latency', stable: 1, canary: 2 },
];

const BURST_SECONDS = 300;
/** The burst hits the two versions with unequal force: each draws its own, with this coefficient of variation. */
const BURST_UNEQUAL = 0.25;
/** Spread of the logarithm of the latency. */
const SIGMA = 0.5;
const Z95 = 1.6448536;

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

function latencyArm(random: Random, events: number, slower: number, factor: number): Arm {
  // The factor multiplies the share of slow requests, as it multiplies the share of failures.
  const tail = Math.min(0.9, 0.05 * factor);
  const shift = (factor === 1 ? Z95 : zOfTail(tail)) - Math.log(slower) / SIGMA;
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

function armOf(random: Random, one: Case, events: number, level: number, factor: number): Arm {
  if (one.kind === 'latency') return latencyArm(random, events, level, factor);
  return { events, bad: random.binomial(events, Math.min(1, level * factor)) };
}

/**
 * The looks of one run. `noise` is the coefficient of variation of a factor on the bad requests that each version draws
 * by itself for every look: services are not as even as dice.
 */
export function* looks(one: Case, rps: number, noise: number, seed: number): Generator<Look> {
  const random = createRandom(seed);
  const begins = random.uniform() * (LOOKS * SECONDS - BURST_SECONDS);
  const force = one.burst ?? 1;
  const strength = [force * random.factor(BURST_UNEQUAL), force * random.factor(BURST_UNEQUAL)] as const;
  for (let look = 0; look < LOOKS; look++) {
    const from = look * SECONDS;
    const shared = Math.min(from + SECONDS, begins + BURST_SECONDS) - Math.max(from, begins);
    const part = one.burst === undefined ? 0 : Math.max(0, shared) / SECONDS;
    const factor = (own: number): number => random.factor(noise) * (1 + (own - 1) * part);
    const [ours, theirs] = [factor(strength[0]), factor(strength[1])];
    const canary = random.poisson(rps * SECONDS * WEIGHT);
    const stable = random.poisson(rps * SECONDS * (1 - WEIGHT));
    yield {
      canary: armOf(random, one, canary, one.canary, ours),
      stable: armOf(random, one, stable, one.stable, theirs),
    };
  }
}
