import type { Moments } from '../../api/release/analysis-state.ts';

/** Differences needed before the band is used: its width is estimated from them. */
const LEAST = 8;
/** Number of differences for which the band is narrowest. */
const TUNED_FOR = 20;

/**
 * Half width of an asymptotic confidence sequence on the mean of figures with given moments: one-sided at `alpha`,
 * valid at all times (Waudby-Smith et al., arXiv 2103.06476). Its width follows the observed variance of the figures;
 * infinite while there are too few.
 */
export function halfWidth({ windows: n, squares }: Moments, alpha: number): number {
  if (n < LEAST) return Number.POSITIVE_INFINITY;
  const a = Math.min(0.99, 2 * alpha);
  const rho2 = (-2 * Math.log(a) + Math.log(-2 * Math.log(a) + 1)) / TUNED_FOR;
  const grown = n * rho2 + 1;
  const scale = Math.sqrt(squares / (n - 1));
  return scale * Math.sqrt(((2 * grown) / (n * n * rho2)) * Math.log(Math.sqrt(grown) / a));
}
