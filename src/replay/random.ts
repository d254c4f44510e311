/** Random figures from a seed, so that a run can be repeated. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  normal(): number;
  /** Mean 1, coefficient of variation `cv`; always 1 where `cv` is 0. */
  factor(cv: number): number;
  /** Successes among `n` trials with chance `p`; exact for every n and p. */
  binomial(n: number, p: number): number;
  poisson(mean: number): number;
}

/** xoshiro128** (Blackman and Vigna), seeded by splitmix32. */
function uniformFrom(seed: number): () => number {
  let mixed = seed | 0;
  const mix = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  return () => {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result / 4_294_967_296;
  };
}

/** Gamma with the given shape and scale 1 (Marsaglia and Tsang). */
function gamma(shape: number, uniform: () => number, normal: () => number): number {
  if (shape < 1) return gamma(shape + 1, uniform, normal) * uniform() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Makes a source of random figures. */
export function createRandom(seed: number): Random {
  const uniform = uniformFrom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const ofShape = (shape: number): number => gamma(shape, uniform, normal);

  /** By the median of n uniforms (a Beta), which halves n until counting is quick. */
  const binomial = (n: number, p: number): number => {
    let [left, chance, found] = [n, Math.min(1, Math.max(0, p)), 0];
    while (left > 16) {
      const middle = (left + 1) >> 1;
      const one = ofShape(middle);
      const median = one / (one + ofShape(left + 1 - middle));
      if (median <= chance) {
        found += middle;
        left -= middle;
        chance = (chance - median) / (1 - median);
      } else {
        left = middle - 1;
        chance /= median;
      }
    }
    for (; left > 0; left--) if (uniform() < chance) found++;
    return found;
  };

  const poisson = (mean: number): number => {
    let [rest, count] = [mean, 0];
    while (rest > 30) {
      const shape = Math.floor(rest * 0.875);
      const time = ofShape(shape);
      if (time > rest) return count + binomial(shape - 1, rest / time);
      rest -= time;
      count += shape;
    }
    for (let product = uniform(); product > Math.exp(-rest); product *= uniform()) count++;
    return count;
  };

  return {
    uniform,
    normal,
    factor: (cv) => (cv === 0 ? 1 : ofShape(1 / cv ** 2) * cv ** 2),
    binomial,
    poisson,
  };
}
