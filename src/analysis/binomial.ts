/** log of n! by Stirling's series, exact to 1e-10 where it is used. */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let factor = 2; factor <= n; factor += 1) product *= factor;
    return Math.log(product);
  }
  const x = n + 1;
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1_260 * x ** 5);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}

function pmf(n: number, k: number, p: number): number {
  const choose = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  return Math.exp(choose + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** Exact chance of at least `k` successes in `n` trials that succeed with chance `p` each. */
export function chanceOfAtLeast(n: number, k: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  let sum = 0;
  for (let at = k; at <= n; at += 1) sum += pmf(n, at, p);
  return Math.min(1, sum);
}

/**
 * Bound on the chance that the mean of `n` figures from 0 to 1 is `mean` or more where at most `allowed` is expected
 * (Hoeffding 1963, theorem 1). Holds whatever the figures are distributed like.
 */
export function chanceOfMean(n: number, mean: number, allowed: number): number {
  if (n === 0 || mean <= allowed) return 1;
  if (allowed <= 0) return 0;
  const rest = mean >= 1 ? 0 : (1 - mean) * Math.log((1 - mean) / (1 - allowed));
  return Math.exp(-n * (mean * Math.log(mean / allowed) + rest));
}

/** The value at a quantile of figures in ascending order: the smallest that has so great a share at or below it. */
export function quantileOf(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)] ?? null;
}

/**
 * A value that the true quantile is below (`most`) or above (`least`) with a chance of error of at most `alpha`, from
 * the ranks of a sample alone; null where the sample is too small to tell.
 */
export function quantileBound(
  sorted: readonly number[],
  share: number,
  alpha: number,
  side: 'least' | 'most',
): number | null {
  const n = sorted.length;
  if (side === 'most') {
    const rank = sorted.findIndex((_, index) => chanceOfAtLeast(n, index + 1, share) <= alpha);
    return rank < 0 ? null : (sorted[rank] ?? null);
  }
  const rank = sorted.findLastIndex((_, index) => 1 - chanceOfAtLeast(n, index + 1, share) <= alpha);
  return rank < 0 ? null : (sorted[rank] ?? null);
}
