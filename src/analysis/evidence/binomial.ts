/** Chances of at least 0, 1, … `n` successes in `n` trials that succeed with chance `p` each, `p` between 0 and 1. */
function chancesOfAtLeast(n: number, p: number): Float64Array {
  const odds = Math.log(p) - Math.log1p(-p);
  const tails = new Float64Array(n + 1);
  let log = n * Math.log1p(-p);
  for (let k = 0; k <= n; k += 1) {
    tails[k] = Math.exp(log);
    log += odds + Math.log((n - k) / (k + 1));
  }
  // From the far end, so that small probabilities keep their precision.
  for (let k = n - 1; k >= 0; k -= 1) tails[k] = Math.min(1, (tails[k] ?? 0) + (tails[k + 1] ?? 0));
  return tails;
}

/** Exact chance of at least `k` successes in `n` trials that succeed with chance `p` each. */
export function chanceOfAtLeast(n: number, k: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  return p >= 1 ? 1 : (chancesOfAtLeast(n, p)[k] ?? 0);
}

/**
 * Bound on the chance that the mean of `n` figures from 0 to 1 is `mean` or more if at most `allowed` is expected
 * (Hoeffding 1963, theorem 1). Holds for any distribution of the figures.
 */
export function chanceOfMean(n: number, mean: number, allowed: number): number {
  if (n === 0 || mean <= allowed) return 1;
  if (allowed <= 0) return 0;
  const rest = mean >= 1 ? 0 : (1 - mean) * Math.log((1 - mean) / (1 - allowed));
  return Math.exp(-n * (mean * Math.log(mean / allowed) + rest));
}

/** Figures in ascending order, as quantiles need them. */
export const ascending = (figures: readonly number[]): number[] => figures.toSorted((a, b) => a - b);

/** The value at a quantile of figures in ascending order: the smallest with at least this fraction at or below it. */
export function quantileOf(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)] ?? null;
}

/**
 * A value that the true quantile is below (`most`) or above (`least`) with a chance of error of at most `alpha`, from
 * the ranks of a sample alone; null if the sample is too small.
 */
export function quantileBound(
  sorted: readonly number[],
  share: number,
  alpha: number,
  side: 'least' | 'most',
): number | null {
  const chances = chancesOfAtLeast(sorted.length, share);
  const rank =
    side === 'most'
      ? sorted.findIndex((_, index) => (chances[index + 1] ?? 0) <= alpha)
      : sorted.findLastIndex((_, index) => 1 - (chances[index + 1] ?? 0) <= alpha);
  return sorted[rank] ?? null;
}
