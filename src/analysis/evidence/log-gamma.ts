/** Where Stirling's series is exact enough. */
const LARGE = 8;
/** Counts up to which the product is multiplied out. */
const FEW = 12;
const HALF_LOG_TAU = 0.918_938_533_204_672_8;

function stirling(z: number): number {
  return (z - 0.5) * Math.log(z) - z + HALF_LOG_TAU + 1 / (12 * z) - 1 / (360 * z * z * z);
}

/** Logarithm of the gamma function for `z` above 0, to about eight digits. */
function logGamma(z: number): number {
  let [product, at] = [1, z];
  for (; at < LARGE; at++) product *= at;
  return stirling(at) - Math.log(product);
}

/** Logarithm of Γ(k + x) / Γ(k), for `k` above 0 and a count `x`. */
export function logRising(k: number, x: number): number {
  if (x > FEW || !Number.isInteger(x)) return logGamma(k + x) - logGamma(k);
  let product = 1;
  for (let i = 0; i < x; i++) product *= k + i;
  return Math.log(product);
}
