import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  edgeAtTail,
  edgeNear,
  edgeOf,
  type Histogram,
  histogramOf,
  quantile,
  slowerThan,
} from './histogram.ts';
import type { Series } from './sample.ts';

const bucket = (pod: string, le: string, value: number): Series => ({ labels: { pod, le }, value });
const inner = (pod: string, upper: string, value: number): Series => ({
  labels: { pod, __upper__: upper },
  value,
});

function histogram(series: readonly Series[], unit: 's' | 'ms' | 'us' = 's'): Histogram {
  const found = histogramOf(series, unit);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

describe('histogramOf', () => {
  it('adds the pods of an arm up', () => {
    const found = histogram([
      bucket('a', '0.3', 8),
      bucket('a', '+Inf', 10),
      bucket('b', '0.3', 1),
      bucket('b', '+Inf', 5),
    ]);
    expect(found).toEqual({ edges: [0.3], cumulative: [9], total: 15 });
    expect(slowerThan(found, 0.3)).toBe(6);
  });

  it('keeps only edges that every pod has', () => {
    const found = histogram([
      bucket('a', '0.1', 1),
      bucket('a', '0.3', 8),
      bucket('a', '+Inf', 10),
      bucket('b', '0.3', 1),
      bucket('b', '0.5', 2),
      bucket('b', '+Inf', 5),
    ]);
    expect(found.edges).toEqual([0.3]);
    expect(slowerThan(found, 0.5)).toBeNull();
  });

  it.each([
    ['300', 'ms', 0.3],
    ['3e+02', 'ms', 0.3],
    ['300000.0', 'us', 0.3],
    ['0.3', 's', 0.3],
    ['+Inf', 's', Number.POSITIVE_INFINITY],
    ['fast', 's', null],
    ['', 's', null],
  ] as const)('reads the edge %s in %s', (le, unit, seconds) => {
    expect(edgeOf(le, unit)).toBe(seconds);
  });

  it.each([
    ['no bucket for all', [bucket('a', '0.3', 8)], 'has no bucket le="+Inf"'],
    ['a summary', [{ labels: { quantile: '0.95' }, value: 3 }], 'is a summary'],
    ['no edges', [{ labels: { pod: 'a' }, value: 3 }], 'has no label le'],
    [
      'a native histogram of two resolutions',
      [inner('a', '0.3', 8), inner('a', '0.5', 8), bucket('a', '+Inf', 10)],
      'has changed its resolution',
    ],
  ])('refuses %s', (_, series, message) => {
    expect(histogramOf(series, 's')).toContain(message);
  });

  it('reads native histograms, whose empty buckets are left out', () => {
    const found = histogram([
      inner('a', '0.5', 2),
      inner('a', '0.25', 5),
      bucket('a', '+Inf', 10),
      inner('b', '0.35', 1),
      bucket('b', '+Inf', 1),
    ]);
    expect(found).toEqual({ edges: [0.25, 0.35, 0.5], cumulative: [5, 6, 8], total: 11, native: true });
    expect([0.2, 0.25, 0.3, 0.35, 0.7].map((edge) => slowerThan(found, edge))).toEqual([11, 6, 6, 5, 3]);
  });
});

describe('edges and quantiles', () => {
  const found: Histogram = { edges: [0.1, 0.3, 0.6], cumulative: [50, 95, 99], total: 100 };

  it.each([
    [0.3, 0.3],
    [0.31, 0.3],
    [0.27, null],
    [0.45, null],
  ])('finds the edge near a bound of %s s', (seconds, edge) => {
    expect(edgeNear(found.edges, seconds)).toBe(edge);
  });

  it('chooses the edge that leaves the tail', () => {
    expect(edgeAtTail(found, 0.05)).toBe(0.3);
    expect(edgeAtTail(found, 0.01)).toBe(0.6);
    expect(edgeAtTail({ edges: [], cumulative: [], total: 3 }, 0.05)).toBeNull();
  });

  it('interpolates a quantile, and stops at the last edge', () => {
    expect(quantile(found, 0.05)).toBeCloseTo(0.3, 9);
    expect(quantile(found, 0.5)).toBeCloseTo(0.1, 9);
    expect(quantile(found, 0.001)).toBe(0.6);
    expect(quantile({ ...found, total: 0 }, 0.05)).toBeUndefined();
  });

  it('finds a quantile within the bucket that holds it', () => {
    const counts = fc
      .array(fc.nat(50), { minLength: 4, maxLength: 4 })
      .filter((all) => all.some((one) => one > 0));
    fc.assert(
      fc.property(
        counts,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        ([a = 0, b = 0, c = 0, d = 0], tail) => {
          const one: Histogram = {
            edges: [1, 2, 3],
            cumulative: [a, a + b, a + b + c],
            total: a + b + c + d,
          };
          const at = quantile(one, tail) ?? -1;
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at).toBeLessThanOrEqual(3);
        },
      ),
    );
  });
});
