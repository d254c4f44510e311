import type { Tally } from '../evidence/tally.ts';
import { rate, total } from './stretch.ts';

/** How much a rate varies in time beyond chance, and for how long. */
export interface PastVariation {
  /** Squared coefficient of variation from window to window. */
  readonly cv2: number;
  /** Time in which its correlation falls to 1/e, in windows; 0 if windows vary independently. */
  readonly windows: number;
}

/** Longest correlation that is looked for, in windows. */
const LAGS = 30;

/** Sums over pairs of windows `lag` apart: of products of what is beyond the mean, and what they are relative to. */
interface Lagged {
  readonly products: number[];
  readonly scale: number[];
}

const nothing = (): Lagged => ({
  products: Array.from({ length: LAGS + 1 }, () => 0),
  scale: Array.from({ length: LAGS + 1 }, () => 0),
});

/**
 * Adds the series of one group. Products of different windows have no part that is due to chance, since requests are
 * chance independently; from the squares that part is taken away.
 */
function include({ products, scale }: Lagged, series: readonly (Tally | null)[]): void {
  const mean = rate(total(series));
  if (mean <= 0 || mean >= 1) return;
  const windows = series.map((one) =>
    one === null ? null : { events: one.events, beyond: one.bad - one.events * mean },
  );
  for (const [at, one] of windows.entries()) {
    if (one === null) continue;
    for (let lag = 0; lag <= Math.min(LAGS, at); lag++) {
      const other = windows[at - lag] ?? null;
      if (other === null) continue;
      const chance = lag === 0 ? one.events * mean * (1 - mean) : 0;
      products[lag] = (products[lag] ?? 0) + one.beyond * other.beyond - chance;
      scale[lag] = (scale[lag] ?? 0) + one.events * other.events * mean ** 2;
    }
  }
}

const covariance = ({ products, scale }: Lagged, lag: number): number =>
  (scale[lag] ?? 0) > 0 ? (products[lag] ?? 0) / (scale[lag] ?? 1) : 0;

/** The sum of the correlations up to the first that is not positive; beyond it there is only chance. */
function correlations(covariances: readonly number[]): number {
  const [cv2 = 0, ...lagged] = covariances;
  const end = lagged.findIndex((one) => one <= 0);
  return lagged.slice(0, end < 0 ? LAGS : end).reduce((sum, one) => sum + Math.min(1, one / cv2), 0);
}

/**
 * The covariances of windows. They are taken around the mean of a series, which follows its slow variation, so that each
 * is too small by the variance of that mean.
 */
function covariancesOf(sums: Lagged, windows: number): number[] {
  const around = sums.products.map((_, lag) => covariance(sums, lag));
  let found = around;
  for (let round = 0; round < 4 && (found[0] ?? 0) > 0; round++) {
    const missing = ((found[0] ?? 0) * (1 + 2 * correlations(found))) / Math.max(2, windows);
    found = around.map((one) => one + Math.min(missing, around[0] ?? 0));
  }
  return found;
}

/** The correlation time of an autoregressive process with that sum of correlations. */
function lasting(sum: number): number {
  const fromWindowToWindow = sum / (1 + sum);
  return fromWindowToWindow <= 0 ? 0 : -1 / Math.log(fromWindowToWindow);
}

function pooled(all: readonly Lagged[]): Lagged {
  const sums = nothing();
  for (const { products, scale } of all)
    for (let lag = 0; lag <= LAGS; lag++) {
      sums.products[lag] = (sums.products[lag] ?? 0) + (products[lag] ?? 0);
      sums.scale[lag] = (sums.scale[lag] ?? 0) + (scale[lag] ?? 0);
    }
  return sums;
}

/** Standard error of the variation, by leaving out one stretch after the other; half of it where there are too few. */
function errorOf(all: readonly Lagged[], cv2: number): number {
  if (all.length < 3) return cv2 / 2;
  const others = all.map((_, left) => covariance(pooled(all.filter((__, index) => index !== left)), 0));
  const mean = others.reduce((a, b) => a + b, 0) / others.length;
  const squares = others.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return Math.sqrt(((all.length - 1) / all.length) * squares);
}

/**
 * The variation of groups of pods around their own mean, over stretches; each has the series of its groups. It is
 * raised by its standard error, since a service that varies more than was believed is rolled back falsely.
 */
export function pastVariation(stretches: readonly (readonly (readonly (Tally | null)[])[])[]): PastVariation {
  const all = stretches.map((groups) => {
    const sums = nothing();
    for (const series of groups) include(sums, series);
    return sums;
  });
  const lengths = stretches.flatMap((groups) => groups.map((series) => series.length));
  const mean = lengths.reduce((a, b) => a + b, 0) / Math.max(1, lengths.length);
  const covariances = covariancesOf(pooled(all), mean);
  const cv2 = Math.max(0, covariances[0] ?? 0);
  return { cv2: cv2 + errorOf(all, cv2), windows: cv2 === 0 ? 0 : lasting(correlations(covariances)) };
}
