import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Evidence } from '../../api/release/analysis-state.ts';
import { parseIncrease, type Rules } from '../verdict/margin.ts';
import { halfWidth } from './confidence-sequence.ts';
import { againstRatio, againstShare, logE, NO_EVIDENCE } from './e-process.ts';
import { addWindow, testsOf } from './evidence-blocks.ts';
import { include, includeStable, variation } from './variation.ts';

const RULES: Rules = { share: 0.05, seconds: null, margin: { relative: 0, absolute: 0.005 }, tail: 0 };

/** Chance of `k` successes among `n` at `p`. */
function binomial(n: number, k: number, p: number): number {
  let chance = 1;
  for (let i = 1; i <= k; i++) chance *= (n - k + i) / i;
  return chance * p ** k * (1 - p) ** (n - k);
}

const range = (n: number): number[] => Array.from({ length: n + 1 }, (_, k) => k);

const spread = (shares: readonly number[], events: number): Evidence['stable'] =>
  shares.reduce(
    (before, share) => includeStable(before, { events, bad: share * events }),
    NO_EVIDENCE.stable,
  );

const moments = (n: number): Evidence['difference'] =>
  range(n - 1).reduce((before, i) => include(before, i % 2 === 0 ? 1 : -1), NO_EVIDENCE.difference);

describe('e-values', () => {
  it.each([0.001, 0.01, 0.05, 0.3])('have mean 1 at most where the share is as allowed: %s', (share) => {
    for (const events of [1, 7, 60]) {
      for (const actual of [share, share / 2]) {
        const mean = range(events).reduce((sum, bad) => {
          const ratios = againstShare([], 1, { events, bad }, { share, cv2: 0 });
          return sum + binomial(events, bad, actual) * Math.exp(logE(ratios, 1));
        }, 0);
        expect(mean).toBeLessThanOrEqual(1 + 1e-6);
      }
    }
  });

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
    const canary = { events: 1_000, bad: 100 };
    const sure = logE(againstShare([], 1, canary, { share: 0.01, cv2: 0 }), 1);
    const unsure = logE(againstShare([], 1, canary, { share: 0.01, cv2: 1 }), 1);
    expect(sure).toBeGreaterThan(100);
    expect(unsure).toBeLessThan(sure / 5);
  });

  it('say nothing without a request', () => {
    const none = { events: 0, bad: 0 };
    expect(againstShare([], 1, none, { share: 0.01, cv2: 0 })).toEqual([]);
    expect(againstRatio([], 1, { canary: none, stable: none }, { times: 1, cv2: 0 })).toEqual([]);
    expect(logE([], 0)).toBe(0);
  });
});

describe('variation of stable', () => {
  it('is near nothing where only chance is at work, and shows bursts', () => {
    expect(variation(spread([0.0101, 0.0098, 0.01, 0.0102, 0.0099], 10_000))).toBeLessThan(0.03);
    expect(variation(spread([0.001, 0.05, 0.002, 0.04, 0.001], 10_000))).toBeGreaterThan(0.5);
  });

  it('is assumed before it is known', () => {
    expect(variation(NO_EVIDENCE.stable)).toBeGreaterThan(0);
    expect(variation(spread([0.01], 100))).toBe(variation(NO_EVIDENCE.stable));
    expect(variation(spread([0, 0, 0], 100))).toBe(variation(NO_EVIDENCE.stable));
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

describe('takeIn', () => {
  const tally = fc
    .tuple(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([events, share]) => ({ events, bad: Math.floor(events * share) }));
  const window = fc.record({ canary: tally, stable: tally });

  it('stays of one size, and keeps within its schema, however long a release takes', () => {
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 80 }), (windows) => {
        const last = windows.reduce(
          (before, { canary, stable }) =>
            addWindow(before, RULES, { ...canary, over: canary.bad }, { ...stable, over: null }, 10),
          NO_EVIDENCE,
        );
        expect(Evidence.parse(JSON.parse(JSON.stringify(last)))).toEqual(last);
        expect(JSON.stringify(last).length).toBeLessThan(2_500);
        const { ratio, margin, bound } = testsOf(last, RULES, 0);
        expect([...ratio, ...margin, ...bound].every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('gives a block the same weight however it is cut into windows', () => {
    fc.assert(
      fc.property(fc.array(window, { minLength: 2, maxLength: 10 }), (windows) => {
        const whole = windows.reduce(
          (sum, { canary, stable }) => ({
            canary: { events: sum.canary.events + canary.events, bad: sum.canary.bad + canary.bad },
            stable: { events: sum.stable.events + stable.events, bad: sum.stable.bad + stable.bad },
          }),
          { canary: { events: 0, bad: 0 }, stable: { events: 0, bad: 0 } },
        );
        const step = (before: Evidence, one: typeof whole, seconds: number): Evidence =>
          addWindow(
            before,
            RULES,
            { ...one.canary, over: one.canary.bad },
            { ...one.stable, over: null },
            seconds,
          );
        const cut = windows.reduce((before, one) => step(before, one, 1), NO_EVIDENCE);
        expect(testsOf(cut, RULES, 0)).toEqual(testsOf(step(NO_EVIDENCE, whole, 10), RULES, 0));
      }),
    );
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
