import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamOf } from '../../../hack/model-server/random.ts';
import { chanceOfAtLeast, chanceOfMean, quantileBound, quantileOf } from './binomial.ts';

/** The same by adding up all ways, one trial after the other. */
function byTrials(n: number, k: number, p: number): number {
  let chances = [1];
  for (let trial = 0; trial < n; trial += 1)
    chances = Array.from({ length: trial + 2 }, (_, hits) => {
      return (chances[hits] ?? 0) * (1 - p) + (chances[hits - 1] ?? 0) * p;
    });
  return chances.slice(k).reduce((sum, one) => sum + one, 0);
}

describe('the chance of so many', () => {
  it('is exact', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (n, p) => {
          const k = Math.round(n * p);
          expect(chanceOfAtLeast(n, k, p)).toBeCloseTo(byTrials(n, k, p), 8);
        },
      ),
    );
  });

  it.each([
    [10, 0, 0.5, 1],
    [10, 11, 0.5, 0],
    [10, 1, 0, 0],
    [10, 10, 1, 1],
    [0, 1, 0.5, 0],
  ])('at least %3$d of %1$d', (n, k, p, chance) => {
    expect(chanceOfAtLeast(n, k, p)).toBe(chance);
  });
});

describe('the chance of a mean', () => {
  it('is never below the exact one of figures that are 0 or 1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, allowed, extra) => {
          const k = Math.min(n, Math.ceil(n * (allowed + extra * (1 - allowed))));
          expect(chanceOfMean(n, k / n, allowed)).toBeGreaterThanOrEqual(
            chanceOfAtLeast(n, k, allowed) - 1e-9,
          );
        },
      ),
    );
  });

  it.each([
    [0, 0, 0.1, 1],
    [50, 0.1, 0.1, 1],
    [50, 0.01, 0, 0],
    [1, 1, 0.05, 0.05],
  ])('of %d with %d against %d', (n, mean, allowed, chance) => {
    expect(chanceOfMean(n, mean, allowed)).toBeCloseTo(chance, 10);
  });
});

describe('a quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

  it('is the smallest value that has the share at or below it', () => {
    expect(quantileOf(hundred, 0.95)).toBe(95);
    expect(quantileOf([7], 0.95)).toBe(7);
    expect(quantileOf([], 0.95)).toBeNull();
  });

  it('is not known from too small a sample', () => {
    expect(quantileBound(hundred, 0.95, 0.001, 'most')).toBeNull();
    expect(quantileBound(hundred, 0.95, 0.01, 'most')).toBe(100);
    expect(quantileBound([], 0.95, 0.01, 'least')).toBeNull();
  });

  it.each(['least', 'most'] as const)('is beyond its bound (%s) as seldom as it says', (side) => {
    const [trials, alpha] = [2_000, 0.05];
    let wrong = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const random = streamOf(7, trial);
      const sorted = Array.from({ length: 300 }, random).toSorted((a, b) => a - b);
      const bound = quantileBound(sorted, 0.95, alpha, side);
      if (bound !== null && (side === 'most' ? bound < 0.95 : bound > 0.95)) wrong += 1;
    }
    expect(wrong / trials).toBeLessThan(alpha + 0.01);
    expect(wrong).toBeGreaterThan(0);
  });
});
