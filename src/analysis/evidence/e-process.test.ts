import { describe, expect, it } from 'vitest';
import type { Moments } from '../../api/release/analysis-state.ts';
import { parseIncrease } from '../verdict/margin.ts';
import { halfWidth } from './confidence-sequence.ts';
import { againstRatio, logE } from './e-process.ts';
import type { Tally } from './tally.ts';
import { include, variation } from './variation.ts';

/** Chance of `k` successes among `n` at `p`. */
function binomial(n: number, k: number, p: number): number {
  let chance = 1;
  for (let i = 1; i <= k; i++) chance *= (n - k + i) / i;
  return chance * p ** k * (1 - p) ** (n - k);
}

const range = (n: number): number[] => Array.from({ length: n + 1 }, (_, k) => k);

const moments = (n: number): Moments =>
  range(n - 1).reduce((before, i) => include(before, i % 2 === 0 ? 1 : -1), {
    windows: 0,
    mean: 0,
    squares: 0,
  });

describe('e-values', () => {
  it.each([
    [10, 90, 1],
    [10, 90, 2],
    [50, 50, 2],
  ])('have mean 1 at most where the canary (%s of %s) has %s times the bad events', (ours, theirs, times) => {
    const bad = 20;
    const chance = (times * ours) / (times * ours + theirs);
    const mean = range(bad).reduce((sum, mine) => {
      const arms = { canary: { events: ours, bad: mine }, stable: { events: theirs, bad: bad - mine } };
      const ratios = againstRatio([], 1, arms, { times, cv2: 0 });
      return sum + binomial(bad, mine, chance) * Math.exp(logE(ratios, 1));
    }, 0);
    expect(mean).toBeCloseTo(1, 6);
  });

  it('stake no more than there is, in however many blocks', () => {
    const neutral = { canary: { events: 10, bad: 0 }, stable: { events: 10, bad: 0 } };
    let ratios: readonly number[] = [];
    for (let block = 1; block <= 500; block++)
      ratios = againstRatio(ratios, block, neutral, { times: 1, cv2: 0 });
    expect(logE(ratios, 500)).toBeCloseTo(0, 6);
  });

  it('weigh little where the service varies much', () => {
    const arms = { canary: { events: 1_000, bad: 100 }, stable: { events: 9_000, bad: 90 } };
    const sure = logE(againstRatio([], 1, arms, { times: 1, cv2: 0 }), 1);
    const unsure = logE(againstRatio([], 1, arms, { times: 1, cv2: 1 }), 1);
    expect(sure).toBeGreaterThan(100);
    expect(unsure).toBeLessThan(sure / 5);
  });

  it('say nothing without a request', () => {
    const none = { events: 0, bad: 0 };
    expect(againstRatio([], 1, { canary: none, stable: none }, { times: 1, cv2: 0 })).toEqual([]);
    expect(logE([], 0)).toBe(0);
  });
});

const counts = (shares: readonly number[], events: number): Tally[] =>
  shares.map((share) => ({ events, bad: share * events }));

describe('variation', () => {
  it('is near nothing where only chance is at work, and shows bursts', () => {
    expect(variation(counts([0.0101, 0.0098, 0.01, 0.0102, 0.0099], 10_000))).toBeLessThan(0.03);
    expect(variation(counts([0.001, 0.05, 0.002, 0.04, 0.001], 10_000))).toBeGreaterThan(0.5);
  });

  it('is assumed before it is known', () => {
    expect(variation([])).toBeGreaterThan(0);
    expect(variation(counts([0.01], 100))).toBe(variation([]));
    expect(variation(counts([0, 0, 0], 100))).toBe(variation([]));
  });
});

describe('halfWidth', () => {
  it('is infinite at first and then narrows', () => {
    expect(halfWidth(moments(7), 0.01)).toBe(Number.POSITIVE_INFINITY);
    const widths = [8, 16, 64, 256].map((n) => halfWidth(moments(n), 0.01));
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
    expect(halfWidth(moments(20), 0.001)).toBeGreaterThan(halfWidth(moments(20), 0.05));
  });
});

describe('parseIncrease', () => {
  it.each([
    ['1pp', { relative: 0, absolute: 0.01 }],
    ['0.3 pp', { relative: 0, absolute: 0.003 }],
    ['20%', { relative: 0.2, absolute: 0.001 }],
    ['20', null],
    ['100pp', null],
    ['-1pp', null],
  ])('reads %s', (text, margin) => {
    expect(parseIncrease(text)).toEqual(margin);
  });
});
