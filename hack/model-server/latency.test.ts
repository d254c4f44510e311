import { assert, double, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawMs, quantileMs } from './latency.ts';
import { streamOf } from './random.ts';

function drawn(latency: { medianMs: number; sigma: number }, seed: number, count = 20_000): number[] {
  return Array.from({ length: count }, (_, at) => drawMs(latency, streamOf(seed, at))).toSorted(
    (a, b) => a - b,
  );
}

describe('log-normal answer times', () => {
  it.each(['p50', 'p90', 'p95', 'p99'] as const)('has the %s that the formula says', (quantile) => {
    const latency = { medianMs: 80, sigma: 0.5 };
    const values = drawn(latency, 7);
    const measured = values[Math.floor((values.length * Number(quantile.slice(1))) / 100)] ?? 0;
    expect(Math.abs(measured / quantileMs(latency, quantile) - 1)).toBeLessThan(0.03);
  });

  it('takes the median always when sigma is 0', () => {
    assert(
      property(integer(), double({ min: 0, max: 1e4, noNaN: true }), (seed, medianMs) => {
        expect(drawMs({ medianMs, sigma: 0 }, streamOf(seed, 0))).toBe(medianMs);
      }),
    );
  });

  it('is finite and positive whatever the seed', () => {
    assert(
      property(integer(), nat(), (seed, index) => {
        const value = drawMs({ medianMs: 10, sigma: 3 }, streamOf(seed, index));
        expect(Number.isFinite(value) && value > 0).toBe(true);
      }),
    );
  });
});
