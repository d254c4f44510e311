/** The logarithm of a sum of figures that are given as logarithms; negative infinity without any. */
export function logSum(logs: readonly number[]): number {
  const top = Math.max(...logs);
  return Number.isFinite(top) ? top + Math.log(logs.reduce((sum, one) => sum + Math.exp(one - top), 0)) : top;
}
