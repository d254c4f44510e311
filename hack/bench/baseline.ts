import type { Engine } from './engine.ts';
import { type Arm, addBuckets, type Look, quantile } from './look.ts';
import { shiftAbove } from './mann-whitney.ts';

/** Requests of the canary below which no engine here compares: a share of five requests says nothing. */
const LEAST = 10;

const share = ({ events, bad }: Arm): number => (events === 0 ? 0 : bad / events);

/** The usual alert: twice the errors of stable, or a p95 20 % above stable's, in one window. */
function above({ canary, stable }: Look): boolean {
  if (canary.events < LEAST) return false;
  if (canary.buckets !== undefined && stable.buckets !== undefined)
    return quantile(canary.buckets, 0.95) > 1.2 * quantile(stable.buckets, 0.95);
  return share(canary) > 2 * share(stable);
}

/** Rolls back on the first window above the threshold. */
export const threshold: Engine = { name: 'threshold', begin: () => above };

/** Rolls back on three windows above the threshold in a row. */
export const threeInARow: Engine = {
  name: 'threshold-3-in-a-row',
  begin: () => {
    let row = 0;
    return (look) => {
      row = above(look) ? row + 1 : 0;
      return row >= 3;
    };
  },
};

function sum(a: Arm, b: Arm): Arm {
  const buckets = b.buckets === undefined ? {} : { buckets: addBuckets(a.buckets ?? [], b.buckets) };
  return { events: a.events + b.events, bad: a.bad + b.bad, ...buckets };
}

/** A one-sided z-test of two shares over all requests so far, at 5 %, at every look. */
export const zTest: Engine = {
  name: 'z-test-peeked',
  begin: () => {
    let canary: Arm = { events: 0, bad: 0 };
    let stable: Arm = { events: 0, bad: 0 };
    return (look) => {
      canary = sum(canary, look.canary);
      stable = sum(stable, look.stable);
      if (canary.events < LEAST || stable.events < LEAST) return false;
      const pooled = (canary.bad + stable.bad) / (canary.events + stable.events);
      const error = Math.sqrt(pooled * (1 - pooled) * (1 / canary.events + 1 / stable.events));
      return error > 0 && (share(canary) - share(stable)) / error > 1.645;
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
      kind === 'latency' ? quantile(arm.buckets ?? [], 0.95) : share(arm);
    return ({ canary, stable }) => {
      if (canary.events > 0 && stable.events > 0) {
        ours.push(valueOf(canary));
        theirs.push(valueOf(stable));
      }
      if (ours.length === 0 || ours.length % KAYENTA_EVERY !== 0) return false;
      const { lower, estimate } = shiftAbove(ours, theirs, KAYENTA.z);
      return lower > KAYENTA.tolerance * Math.abs(estimate);
    };
  },
};
