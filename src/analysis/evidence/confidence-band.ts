import type { Tally } from './tally.ts';

/** Requests for which the band is narrowest. */
const TUNED_FOR = 500;

/** Bounds of a rate. */
export interface ConfidenceBand {
  readonly low: number;
  readonly high: number;
}

/**
 * The confidence band of the true rate of bad events, valid at all windows together except for a chance `alpha`, if
 * requests fail independently (normal mixture of Robbins as in Waudby-Smith et al., arXiv 2103.06476, with the variance
 * of a rate). It is only displayed: verdicts come from tests that do not assume independence.
 */
export function confidenceBandOf({ events: n, bad }: Tally, alpha: number): ConfidenceBand {
  if (n <= 0) return { low: 0, high: 1 };
  const share = bad / n;
  const likely = (bad + 0.5) / (n + 1);
  const rho2 = (-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1)) / TUNED_FOR;
  const grown = n * rho2 + 1;
  const half = Math.sqrt(
    likely * (1 - likely) * ((2 * grown) / (n * n * rho2)) * Math.log(Math.sqrt(grown) / alpha),
  );
  return { low: Math.max(0, share - half), high: Math.min(1, share + half) };
}
