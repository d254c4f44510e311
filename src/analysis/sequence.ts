import type { Evidence, Moments } from '../api/release.ts';
import type { Tally } from './evidence.ts';
import { include } from './spread.ts';

/** Requests of the canary, and of stable, that a difference needs to be near enough to a normal variable. */
const LEAST_EVENTS = 30;
/** Differences before the band is believed: it learns its width from them. */
export const LEAST_DIFFERENCES = 8;
/** Number of differences for which the band is narrowest. */
const TUNED_FOR = 20;

function sum(a: Tally, b: Tally): Tally {
  return { events: a.events + b.events, bad: a.bad + b.bad };
}

/**
 * Takes in the difference of a window. Counts wait until there are enough of them, so that thin windows do not
 * pretend to a spread of nothing.
 */
export function includeDifference(
  before: Pick<Evidence, 'open' | 'difference'>,
  arms: { readonly canary: Tally; readonly stable: Tally },
  relative: number,
): Pick<Evidence, 'open' | 'difference'> {
  const canary = sum(before.open.canary, arms.canary);
  const stable = sum(before.open.stable, arms.stable);
  if (canary.events < LEAST_EVENTS || stable.events < LEAST_EVENTS)
    return { open: { canary, stable }, difference: before.difference };
  const value = canary.bad / canary.events - (1 + relative) * (stable.bad / stable.events);
  const empty = { events: 0, bad: 0 };
  return { open: { canary: empty, stable: empty }, difference: include(before.difference, value) };
}

/**
 * Half width of an asymptotic confidence sequence on the mean of the differences: one-sided at `alpha`, valid at every
 * look (Waudby-Smith et al., arXiv 2103.06476). The width follows the spread that the windows themselves show.
 */
export function halfWidth({ windows: n, squares }: Moments, alpha: number): number {
  if (n < LEAST_DIFFERENCES) return Number.POSITIVE_INFINITY;
  const a = Math.min(0.99, 2 * alpha);
  const rho2 = (-2 * Math.log(a) + Math.log(-2 * Math.log(a) + 1)) / TUNED_FOR;
  const grown = n * rho2 + 1;
  const scale = Math.sqrt(squares / (n - 1));
  return scale * Math.sqrt(((2 * grown) / (n * n * rho2)) * Math.log(Math.sqrt(grown) / a));
}
