import { describe, expect, it } from 'vitest';
import type { Calibration } from '../../api/analysis/calibration.ts';
import { expectationOf } from './expectation.ts';
import { type Question, rateEvidence } from './rate-evidence.ts';
import type { Span } from './tally.ts';

const WORSE: Question = { allowed: (rate) => 1.2 * rate + 0.001, times: [1.5, 3, 8, 25] };
const BETTER: Question = { allowed: (rate) => rate, times: [0.85, 0.6, 0.3, 0.05] };
const SURE = Math.log(200);

const calm: Calibration = { metric: 'errors', base: 0.01, variation: 0.05, lasts: 0 };
const noisy: Calibration = { metric: 'errors', base: 0.01, variation: 1, lasts: 300 };
const low: Calibration = { metric: 'errors', base: 0.0002, variation: 0.1, lasts: 0 };

/** Half minutes at 100 requests a second, a tenth of them to the canary; rates in percent. */
function spans(canary: readonly number[], stable: readonly number[] = canary.map(() => 1)): Span[] {
  return canary.map((rate, at) => ({
    seconds: 30,
    canary: { events: 300, bad: Math.round(3 * rate) },
    stable: { events: 2_700, bad: Math.round(27 * (stable[at] ?? 1)) },
  }));
}
/** What a service with a coefficient of variation of 1 that lasts five minutes may do. */
const WAVES = [2.1, 3.2, 4.4, 5.1, 4.6, 3.5, 3.9, 2.4, 1.6, 1.1, 0.9, 0.6, 0.4, 0.5];
const steady = (rate: number, count: number): number[] => Array.from({ length: count }, () => rate);

describe('the evidence that a canary is worse', () => {
  it.each<[string, Calibration | undefined, Span[], boolean]>([
    ['20 % beside 1 %, in half a minute', undefined, spans([20]), true],
    ['20 % beside 1 % of a calm service', calm, spans([20]), true],
    ['5 % beside 1 % of a calm service, in two minutes', calm, spans(steady(5, 4)), true],
    ['5 % beside 1 %, in two minutes, of a service that may vary', undefined, spans(steady(5, 4)), false],
    ['5 % beside 1 %, in six minutes, while stable is calm', undefined, spans(steady(5, 12)), true],
    ['5 % for some minutes of a service that varies as much', noisy, spans(WAVES, WAVES.toReversed()), false],
    ['1.2 % beside 1 %, for long', calm, spans(steady(1.2, 24)), false],
    ['0.5 % beside 0.02 %, in five minutes', low, spans(steady(0.5, 10), steady(0.02, 10)), true],
    ['a fault that begins late', calm, spans([...steady(1, 18), ...steady(30, 3)]), true],
    ['a spike in a single half minute', calm, spans([...steady(1, 9), 8, ...steady(1, 4)]), false],
    ['a failure in every fifth window', calm, spans([1, 1, 40, 1, 1, 1, 1, 40]), true],
    ['an outage of both', calm, spans([1, 1, 30, 32, 31, 1], [1, 1, 30, 30, 29, 1]), false],
    ['an outage that hits the canary harder', calm, spans([1, 1, 6, 7, 6, 1], [1, 1, 4, 4, 4, 1]), false],
    [
      'a canary that is better in an outage',
      calm,
      spans([1, 1, 12, 13, 12, 1], [1, 1, 30, 30, 29, 1]),
      false,
    ],
    ['a canary that fails beside an outage', calm, spans([1, 1, 90, 92], [1, 1, 10, 10]), true],
  ])('%s', (_what, known, counts, isFound) => {
    const log = rateEvidence(counts, WORSE, expectationOf(known, 0.01, 1));
    expect(log >= SURE).toBe(isFound);
  });

  it('excuses a pod that differs as much as pods are known to', () => {
    const counts = spans(steady(4, 24));
    const unequal = { ...calm, pods: 0.7 };
    expect(rateEvidence(counts, WORSE, expectationOf(calm, 0.01, 1))).toBeGreaterThan(SURE);
    expect(rateEvidence(counts, WORSE, expectationOf(unequal, 0.01, 1))).toBeLessThan(SURE);
    expect(rateEvidence(counts, WORSE, expectationOf(unequal, 0.01, 30))).toBeGreaterThan(SURE);
  });
});

describe('the evidence that a canary is better', () => {
  it.each<[string, Span[], boolean]>([
    ['a third of the failures', spans(steady(1, 20), steady(3, 20)), true],
    ['as many failures', spans(steady(1, 20)), false],
    ['more failures', spans(steady(3, 20)), false],
    ['an outage of stable alone', spans(steady(1, 4), [1, 30, 30, 1]), false],
  ])('%s', (_what, counts, isFound) => {
    const log = rateEvidence(counts, BETTER, expectationOf({ ...calm, base: 0.02 }, 0.01, 1));
    expect(log >= SURE).toBe(isFound);
  });
});
