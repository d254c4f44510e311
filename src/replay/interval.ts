/** A rate with its 95 % confidence interval. */
export interface Estimate {
  readonly hits: number;
  readonly trials: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

const Z = 1.96;

/** Wilson's interval for a rate over `n` trials; `n` may be fractional. */
export function wilson(share: number, n: number): { low: number; high: number } {
  if (n <= 0) return { low: 0, high: 1 };
  const z2 = Z * Z;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/**
 * The rate over trials in groups. Trials of one group are similar, as replays of one hour are, so they count as fewer
 * independent trials, by the variance between the groups (ANOVA estimate of the intraclass correlation). If no trial or
 * every trial is a hit, that variance is unknown: then a group counts as one trial.
 */
export function estimate(groups: readonly { readonly hits: number; readonly trials: number }[]): Estimate {
  const filled = groups.filter(({ trials: n }) => n > 0);
  const trials = filled.reduce((sum, group) => sum + group.trials, 0);
  const hits = filled.reduce((sum, group) => sum + group.hits, 0);
  const share = trials === 0 ? 0 : hits / trials;
  const n = filled.length < 2 || hits === 0 || hits === trials ? filled.length : worth(filled, trials, share);
  return { hits, trials, share, ...wilson(share, n) };
}

function worth(
  groups: readonly { readonly hits: number; readonly trials: number }[],
  trials: number,
  share: number,
): number {
  const k = groups.length;
  const size = trials / k;
  if (trials <= k) return trials;
  const between =
    groups.reduce((sum, one) => sum + one.trials * (one.hits / one.trials - share) ** 2, 0) / (k - 1);
  const within = groups.reduce((sum, { hits, trials: n }) => sum + (hits * (n - hits)) / n, 0) / (trials - k);
  const alike = Math.min(1, Math.max(0, (between - within) / (between + (size - 1) * within || 1)));
  return trials / (1 + (size - 1) * alike);
}
