import { assert, constantFrom, double, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleOf } from './schedule.ts';

describe('scheduleOf', () => {
  it('is even when fixed', () => {
    expect([...scheduleOf({ rate: 4, seconds: 1, arrivals: 'fixed', seed: 1 })]).toEqual([0, 250, 500, 750]);
  });

  it('has the rate and the spread of independent arrivals when Poisson', () => {
    const times = [...scheduleOf({ rate: 200, seconds: 100, arrivals: 'poisson', seed: 3 })];
    expect(Math.abs(times.length / 20_000 - 1)).toBeLessThan(0.03);
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(Math.abs(Math.sqrt(variance) / mean - 1)).toBeLessThan(0.05);
  });

  it('ascends, stays within its time, and is the same for the same seed', () => {
    const options = record({
      rate: double({ min: 0.5, max: 300, noNaN: true }),
      seconds: double({ min: 0.1, max: 5, noNaN: true }),
      arrivals: constantFrom('fixed' as const, 'poisson' as const),
      seed: integer(),
    });
    assert(
      property(options, (one) => {
        const times = [...scheduleOf(one)];
        expect(times.every((time, at) => time >= (times[at - 1] ?? 0) && time < one.seconds * 1_000)).toBe(
          true,
        );
        expect([...scheduleOf(one)]).toEqual(times);
      }),
    );
  });
});
