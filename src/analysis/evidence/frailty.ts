import { logRising } from './log-gamma.ts';
import type { Tally } from './tally.ts';

/** How the rate of one version varies by itself: log-normal with mean 1, its correlation falling with time. */
export interface Noise {
  /** Coefficient of variation from one half minute to another. */
  readonly cv: number;
  /** Time in which its correlation falls to 1/e, seconds. */
  readonly lasts: number;
}

/** A noise over one span of time. */
export interface Motion {
  /** Correlation with the span before. */
  readonly keeps: number;
  /** Squared coefficient of variation of the mean over the span. */
  readonly cv2: number;
}

/**
 * What is believed of the factor that the noise puts on a rate at the moment, by the counts so far, and how likely those
 * were: `log` is the log likelihood, without the part that is the same for every rate and noise.
 */
export interface Belief {
  readonly mean: number;
  /** Variance of its logarithm. */
  readonly spread: number;
  readonly log: number;
}

/** Time over which the coefficient of variation of a noise is meant, seconds. */
const USUAL_SECONDS = 30;
/** Now and then there is trouble of its own in a single span: so often, and with so many more bad requests on average. */
const SPIKE = { log: Math.log(0.1), rate: 0.022 } as const;
/** How much faster a rate far below its mean moves, in proportion to itself. */
const AGILE = 0.7;

/** Half the squared time that the mean over a time of `x` correlation times is worth. */
const areaOf = (x: number): number => x + Math.expm1(-x);

/** The noise over a span of `seconds`: its mean over a longer one varies less, and keeps less. */
export function motionOf({ cv, lasts }: Noise, seconds: number): Motion {
  const [x, usual] = [seconds, USUAL_SECONDS].map((time) => Math.max(1e-5, time / lasts)) as [number, number];
  const area = areaOf(x);
  const part = area / (x * x) / (areaOf(usual) / (usual * usual));
  return { keeps: Math.min(1, Math.expm1(-x) ** 2 / (2 * area)), cv2: cv * cv * Math.min(1, part) };
}

/** Log likelihood of a count around a gamma variable of that shape, without the part that is the same for all. */
function logOf(shape: number, mean: number, bad: number): number {
  const some = bad === 0 ? 0 : bad * Math.log(mean / (shape + mean));
  return logRising(shape, bad) - shape * Math.log1p(mean / shape) + some;
}

/** The belief before the first count. */
export function unknown({ cv }: Noise, part: number): Belief {
  return { mean: 1, spread: Math.log1p((cv * part) ** 2), log: 0 };
}

/**
 * The belief after a span whose requests were expected to be bad at a `rate`; `part` is the part of it that the noise is
 * about. The counts are a Poisson number around the factor, which is taken for a gamma variable, or a spike, of which
 * nothing is learnt.
 */
export function after(
  before: Belief,
  { keeps, cv2 }: Motion,
  { events, bad }: Tally,
  rate: number,
  part: number,
): Belief {
  const expected = events * rate;
  // A margin beside the rate does not grow with it: the further a version is beyond, the more of it is noise.
  const ours = before.mean > 1 ? 1 - (1 - part) / before.mean : part;
  const wide = Math.log1p(cv2 * ours * ours);
  const now = Math.log(before.mean) - before.spread / 2 + wide / 2;
  const quick = now < 0 ? Math.min(3, 1 - AGILE * now) : 1;
  const spread = Math.max(1e-6, keeps * keeps * before.spread + (1 - keeps * keeps) * wide * quick * quick);
  const mean = Math.exp(keeps * now - wide / 2 + spread / 2);
  const shape = 1 / Math.expm1(spread);
  const log = logOf(shape, expected * mean, bad);
  const spike = logOf(1, events * SPIKE.rate, bad) + SPIKE.log;
  if (spike > log) return { mean, spread, log: before.log + spike };
  return {
    mean: (mean * (shape + bad)) / (shape + mean * expected),
    spread: Math.log1p(1 / (shape + bad)),
    log: before.log + log,
  };
}
