import { type Histogram, slowerThan } from '../evidence/histogram.ts';

/**
 * Requests that took more than `times` as long as a bucket edge; exact where that is an edge, too. Between edges the count
 * falls like a power of the latency, which no usual distribution exceeds within a bucket (exponential and log-normal
 * tails are above it, so fewer are counted than there were). Beyond the last edge nothing is known, and none are counted.
 */
export function slowerThanTimes(histogram: Histogram, edge: number, times: number): number {
  const seconds = edge * times;
  const upper = histogram.edges.find((one) => one >= seconds * (1 - 1e-9));
  const lower = histogram.edges.findLast((one) => one <= seconds);
  const above = upper === undefined ? 0 : (slowerThan(histogram, upper) ?? 0);
  if (upper === undefined || lower === undefined || lower <= 0 || upper <= lower) return above;
  const below = slowerThan(histogram, lower) ?? above;
  const part = Math.log(seconds / lower) / Math.log(upper / lower);
  const between = (below + 0.5) * ((above + 0.5) / (below + 0.5)) ** part - 0.5;
  return Math.min(below, Math.max(above, between));
}
