import { normal, type Random } from './random.ts';

/** A log-normal distribution of answer times. */
export interface Latency {
  /** Milliseconds that half of the answers stay below. */
  readonly medianMs: number;
  /** Standard deviation of the logarithm; 0 makes every answer take the median. */
  readonly sigma: number;
}

/** Standard normal quantiles of the shares that bounds are usually put on. */
const Z = { p50: 0, p90: 1.281552, p95: 1.644854, p99: 2.326348 } as const;

/** One answer time in milliseconds. */
export function drawMs({ medianMs, sigma }: Latency, random: Random): number {
  return medianMs * Math.exp(sigma * normal(random));
}

/** The answer time, in milliseconds, that the given share of answers stays below. */
export function quantileMs({ medianMs, sigma }: Latency, quantile: keyof typeof Z): number {
  return medianMs * Math.exp(sigma * Z[quantile]);
}
