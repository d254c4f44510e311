import type { Calibration } from '../../api/analysis/calibration.ts';
import type { Noise } from './frailty.ts';

/** A noise that a service may have. */
export interface Possible extends Noise {
  /** Log weight as an excuse of the canary: 0 where it is expected, less where it would be a surprise. */
  readonly trust: number;
  /** Log weight in the evidence against the canary; all of them together are 1 at most. */
  readonly stake: number;
}

/** What is expected of a metric of a service before it is counted. */
export interface Expectation {
  readonly noises: readonly Possible[];
  /** Log weight of a long-run rate of bad requests. */
  readonly weigh: (rate: number) => number;
  /** A rate that is likely. */
  readonly likely: number;
  /** The log of how many rates are about as likely as the best: the evidence is spread over them. */
  readonly rates: number;
}

/** For good, as far as a release is concerned. */
const FOR_GOOD = 1e6;
/** A noise that lasts and pods that differ, taken together. */
const MIXED = 900;
/** Two versions, or two groups of pods, always differ by this much. */
const LEAST = { known: 0.1, unknown: 0.25 } as const;
/** How pods differ is learnt from few of them: by this factor they may differ more. */
const FEW_PODS = 1.25;
/** Spread of the logarithm of the base rate around what was learnt: days differ. */
const BASE_SPREAD = 0.5;
/** No rate is ruled out by the past alone. */
const MOST_SURPRISE = 8;
/** How fast rates above what is likely lose weight, as a power of them. */
const FALL = 4;

const expected = (cv: number, lasts: number, part: number): Possible => ({
  cv,
  lasts,
  trust: 0,
  stake: Math.log(part),
});
const surprise = (cv: number, lasts: number, log: number): Possible => ({
  cv,
  lasts,
  trust: log,
  stake: log,
});

/** Nothing is known: noise up to a coefficient of variation of 1 that lasts up to five minutes is an excuse. */
const careful = (forGood: number): Possible[] => [
  expected(Math.max(LEAST.unknown, forGood), FOR_GOOD, 0.5),
  expected(0.5, 30, 0.15),
  expected(0.5, 300, 0.15),
  expected(1, 30, 0.1),
  expected(1, 300, 0.1),
];

function learnt(variation: number, lasts: number, forGood: number): Possible[] {
  const least = Math.hypot(LEAST.known, forGood);
  return [
    expected(least, FOR_GOOD, 0.45),
    expected(Math.max(LEAST.known, variation), Math.max(15, lasts), forGood > 0 ? 0.35 : 0.5),
    ...(forGood > 0 ? [expected(Math.hypot(forGood, variation), MIXED, 0.15)] : []),
    ...(variation < 0.35 ? [surprise(0.5, 300, -4)] : []),
    surprise(Math.max(1, 1.5 * variation), 300, -8),
  ];
}

function weigh(base: number | undefined, likely: number): Expectation['weigh'] {
  if (base === undefined) return (rate) => -FALL * Math.max(0, Math.log(rate / likely));
  const center = Math.max(1e-5, base);
  return (rate) => Math.max(-MOST_SURPRISE, -0.5 * (Math.log(rate / center) / BASE_SPREAD) ** 2);
}

/**
 * What to expect of a metric: by what its past has shown, else with care. `usual` is a rate of bad requests that
 * a service with such bounds hardly has more of; `canaryPods` share what pods differ by.
 */
export function expectationOf(
  known: Calibration | undefined,
  usual: number,
  canaryPods: number,
): Expectation {
  const { base, variation, lasts = 300, pods = 0 } = known ?? {};
  const forGood = (FEW_PODS * pods) / Math.sqrt(Math.max(1, canaryPods));
  return {
    noises: variation === undefined ? careful(forGood) : learnt(variation, lasts, forGood),
    weigh: weigh(base, usual),
    likely: base === undefined ? usual : Math.max(1e-5, base),
    rates: base === undefined ? 0.35 : 0,
  };
}
