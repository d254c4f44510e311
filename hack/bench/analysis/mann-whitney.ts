/**
 * The Hodges-Lehmann estimate of how much higher the first sample lies than the second, and the lower end of its
 * two-sided confidence interval by the normal approximation of the Mann-Whitney statistic; `z` belongs to the
 * confidence (2.326 for 98 %).
 */
export function shiftAbove(
  first: readonly number[],
  second: readonly number[],
  z: number,
): { readonly lower: number; readonly estimate: number } {
  const [n, m] = [first.length, second.length];
  const differences = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) differences[i * m + j] = (first[i] ?? 0) - (second[j] ?? 0);
  differences.sort();
  const rank = Math.floor((n * m) / 2 - z * Math.sqrt((n * m * (n + m + 1)) / 12));
  const middle = (n * m) >> 1;
  const estimate =
    (n * m) % 2 === 1
      ? (differences[middle] ?? 0)
      : ((differences[middle - 1] ?? 0) + (differences[middle] ?? 0)) / 2;
  return { lower: rank < 1 ? Number.NEGATIVE_INFINITY : (differences[rank - 1] ?? 0), estimate };
}
