import { array, assert, constantFrom, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../replay/random.ts';
import type { Histogram } from '../evidence/histogram.ts';
import { slowerThanTimes } from './slower.ts';

const EDGES = [0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function histogramOf(latencies: readonly number[]): Histogram {
  const cumulative = EDGES.map((edge) => latencies.filter((one) => one <= edge).length);
  return { edges: EDGES, cumulative, total: latencies.length };
}

describe('requests slower than some times an edge', () => {
  const histogram = { edges: EDGES, cumulative: [0, 100, 500, 900, 980, 1_000, 1_000], total: 1_000 };
  it.each([
    ['exactly, at an edge', 0.5, 2, 100],
    ['the edge itself', 0.5, 1, 500],
    ['none beyond the last edge', 5, 3, 0],
  ])('are counted: %s', (_what, edge, times, count) => {
    expect(slowerThanTimes(histogram, edge, times)).toBe(count);
  });

  it('are between those of the edges around it, and fewer the longer it takes', () => {
    assert(
      property(
        array(double({ min: 0, max: 20, noNaN: true }), { minLength: 1, maxLength: 50 }),
        constantFrom(...EDGES),
        double({ min: 1, max: 30, noNaN: true }),
        (latencies, edge, times) => {
          const all = histogramOf(latencies);
          const count = slowerThanTimes(all, edge, times);
          expect(count).toBeGreaterThanOrEqual(0);
          expect(count).toBeLessThanOrEqual(slowerThanTimes(all, edge, 1));
          expect(count).toBeGreaterThanOrEqual(slowerThanTimes(all, edge, times * 1.2));
        },
      ),
    );
  });

  it('are never more than there were, beyond chance, for log-normal and exponential latencies', () => {
    assert(
      property(
        integer({ min: 1, max: 1e9 }),
        constantFrom(0.3, 0.6, 1, 0),
        double({ min: 1, max: 8, noNaN: true }),
        (seed, spread, times) => {
          const random = createRandom(seed);
          const latencies = Array.from({ length: 2_000 }, () =>
            spread === 0 ? -0.4 * Math.log(1 - random.uniform()) : 0.4 * Math.exp(spread * random.normal()),
          );
          const real = latencies.filter((one) => one > 0.5 * times).length;
          expect(slowerThanTimes(histogramOf(latencies), 0.5, times)).toBeLessThanOrEqual(
            real + 4 * Math.sqrt(real) + 8,
          );
        },
      ),
    );
  });
});
