import type { Covariate } from '../../api/analysis/covariate.ts';
import type { Ratio, RatioPair } from '../../api/release/analysis-state.ts';
import type { Recent } from './recent.ts';

/** Differences of work smaller than these are chance: requests arrive at random. */
const LEAST = { work: 1.05, load: 1.15 } as const;
/** No covariate explains more than this. */
const MOST = 20;
/** Least share of work that is taken to be left where nearly everything is answered from a cache. */
const LEAST_LEFT = 0.01;

/** The value of a covariate. */
export const valueOf = ({ sum, per }: Ratio): number => (per > 0 ? sum / per : 0);

/** How many times as much work the canary has as stable, by one figure. */
function moreWork({ slowerWith }: Covariate, { canary, stable }: RatioPair): number {
  const [ours, theirs] = [valueOf(canary), valueOf(stable)];
  if (slowerWith !== 'less') return theirs > 0 ? ours / theirs : ours > 0 ? MOST : 1;
  const [left, leftOfStable] = [1 - Math.min(1, ours), 1 - Math.min(1, theirs)];
  return Math.max(LEAST_LEFT, left) / Math.max(LEAST_LEFT, leftOfStable);
}

/**
 * What more requests in flight explain. A slower version has more of them at the same load, so they explain nothing unless
 * its pods get more requests; then at most the square of how many more, which is what a queue makes of it up to about two
 * thirds of what a pod can do.
 */
function queueing(load: RatioPair, inFlight: RatioPair): number {
  const more = valueOf(load.stable) > 0 ? valueOf(load.canary) / valueOf(load.stable) : 1;
  if (more < LEAST.load) return 1;
  const stable = valueOf(inFlight.stable);
  const waiting = stable > 0 ? valueOf(inFlight.canary) / stable : Number.POSITIVE_INFINITY;
  return Math.min(more * more, Math.max(more, waiting));
}

/** How many times as long the canary's requests may take by one covariate, at least 1. */
export function timesBy(covariate: Covariate, { load, figures }: Recent): number {
  const found = figures.find(({ name }) => name === covariate.name);
  if (found === undefined) return 1;
  const times = covariate.gauge === undefined ? moreWork(covariate, found) : queueing(load, found);
  return times < LEAST.work ? 1 : Math.min(MOST, times);
}

/**
 * How many times as long as those of stable the canary's requests may take by its work: the product over the covariates, in
 * none of which less work makes up for more. Sound where latency grows at most in proportion to each of them; the mean
 * says nothing of a few requests that are much longer than the others.
 */
export function timesOf(covariates: readonly Covariate[], recent: Recent): number {
  return covariates.reduce((all, one) => all * timesBy(one, recent), 1);
}

const swap = <T extends RatioPair>(pair: T): T => ({ ...pair, canary: pair.stable, stable: pair.canary });

/** The same work seen from stable: what it has more of than the canary. */
export function swapped({ load, figures }: Recent): Recent {
  return { load: swap(load), figures: figures.map(swap) };
}
