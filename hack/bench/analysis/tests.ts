import { abortIf, type Engine } from './engine.ts';
import { type Arm, addArms, quantile } from './look.ts';
import { shiftAbove } from './mann-whitney.ts';
import { LEAST, shareOf } from './thresholds.ts';

/** How far the canary is above stable over all requests so far, and the variance of that; null with too few requests. */
interface Difference {
  readonly estimate: number;
  readonly variance: number;
}

function cumulative(): (canary: Arm, stable: Arm) => Difference | null {
  let [ours, theirs]: [Arm, Arm] = [
    { events: 0, bad: 0 },
    { events: 0, bad: 0 },
  ];
  return (canary, stable) => {
    ours = { events: ours.events + canary.events, bad: ours.bad + canary.bad };
    theirs = { events: theirs.events + stable.events, bad: theirs.bad + stable.bad };
    if (ours.events < LEAST || theirs.events < LEAST) return null;
    const { bad, events } = addArms(ours, theirs);
    const pooled = bad / events;
    const variance = pooled * (1 - pooled) * (1 / ours.events + 1 / theirs.events);
    return variance > 0 ? { estimate: shareOf(ours) - shareOf(theirs), variance } : null;
  };
}

/** A one-sided z-test of two shares over all requests so far, at 5 %, at every look. */
export const zTest: Engine = {
  name: 'z-test-peeked',
  begin: () => {
    const difference = cumulative();
    return ({ canary, stable }) => {
      const found = difference(canary, stable);
      return abortIf(found !== null && found.estimate / Math.sqrt(found.variance) > 1.645);
    };
  },
};

/** What the mixture of `mixtureSprt` spreads over, as a standard deviation of the difference of two shares … */
const MIXTURE = 0.01;
/** … and its level, which is that of the policy of the other engines. */
const LEVEL = 0.01;

/**
 * The mixture sequential probability ratio test of online A/B tests, as Johari, Pekelis and Walsh describe it: a normal
 * mixture over the difference of two shares, with the variance of independent requests. Rolls back where it rejects and
 * the canary is the worse one.
 */
export const mixtureSprt: Engine = {
  name: 'mixture-sprt',
  begin: () => {
    const difference = cumulative();
    return ({ canary, stable }) => {
      const found = difference(canary, stable);
      if (found === null || found.estimate <= 0) return 'go';
      const { estimate, variance } = found;
      const total = variance + MIXTURE ** 2;
      const log = 0.5 * Math.log(variance / total) + (MIXTURE ** 2 * estimate ** 2) / (2 * variance * total);
      return abortIf(log >= -Math.log(LEVEL));
    };
  },
};

/** Looks between two judgements, which go over all values since the beginning. */
const KAYENTA_EVERY = 10;
/** The published defaults: confidence of the interval, and how much of the estimated shift it must clear. */
const KAYENTA = { z: 2.326, tolerance: 0.25 } as const;

/**
 * Judges as Kayenta's NetflixACAJudge does: the values of the metric over time, canary against baseline, by the
 * confidence interval of the shift (Mann and Whitney), here every five minutes.
 */
export const kayenta: Engine = {
  name: 'mann-whitney',
  begin: (kind) => {
    const [ours, theirs]: [number[], number[]] = [[], []];
    const valueOf = (arm: Arm): number =>
      kind === 'latency' ? quantile(arm.buckets ?? [], 0.95) : shareOf(arm);
    return ({ canary, stable }) => {
      if (canary.events > 0 && stable.events > 0) {
        ours.push(valueOf(canary));
        theirs.push(valueOf(stable));
      }
      if (ours.length === 0 || ours.length % KAYENTA_EVERY !== 0) return 'go';
      const { lower, estimate } = shiftAbove(ours, theirs, KAYENTA.z);
      return abortIf(lower > KAYENTA.tolerance * Math.abs(estimate));
    };
  },
};
