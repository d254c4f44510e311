import { describe, expect, it } from 'vitest';
import { normal, streamOf } from '../../../hack/model-server/random.ts';
import { PodRequest, Shadow } from '../../api/analysis/check.ts';
import { compareAnswers, judgeTally, type ShadowTally } from './shadow.ts';

const REQUEST = PodRequest.parse({ path: '/predict' });
const FIELDS = [{ path: 'class' }, { path: 'score', tolerance: '0.01' }];
const answer = (value: unknown, status = 200) => ({ status, body: JSON.stringify(value), ms: 10 });

describe('two answers to one request', () => {
  it.each<[string, ReturnType<typeof answer>, ReturnType<typeof answer>, string | null, number | null]>([
    ['the same', answer({ class: 'a', score: 0.5 }), answer({ class: 'a', score: 0.5 }), null, 0],
    ['near enough', answer({ class: 'a', score: 0.505 }), answer({ class: 'a', score: 0.5 }), null, 0.0099],
    [
      'another class',
      answer({ class: 'b', score: 0.5 }),
      answer({ class: 'a', score: 0.5 }),
      'POST /predict: class: "b" against "a" of stable',
      0,
    ],
    [
      'another number',
      answer({ class: 'a', score: 1 }),
      answer({ class: 'a', score: 0.5 }),
      'POST /predict: score: 1 against 0.5 of stable',
      0.5,
    ],
    [
      'no number where stable has one',
      answer({ class: 'a' }),
      answer({ class: 'a', score: 0.5 }),
      'POST /predict: score: nothing against 0.5 of stable',
      1,
    ],
    ['fields that neither has', answer({}), answer({}), null, null],
    [
      'another status',
      answer({ class: 'a' }, 500),
      answer({ class: 'a' }),
      'POST /predict: status: 500 against 200 of stable',
      null,
    ],
    ['both refuse it', answer({ error: 1 }, 422), answer({ error: 1 }, 422), null, null],
  ])('%s', (_what, canary, stable, difference, drift) => {
    const found = compareAnswers(REQUEST, FIELDS, canary, stable);
    expect(found.difference).toBe(difference);
    expect(found.drift ?? -1).toBeCloseTo(drift ?? -1, 4);
  });
});

const rule = (fields: object = {}): Shadow =>
  Shadow.parse({ requests: [REQUEST], fields: FIELDS, ...fields });
const tally = (over: Partial<ShadowTally> = {}): ShadowTally => ({
  kind: 'shadow',
  pairs: 100,
  differing: 0,
  example: null,
  drift: { pairs: 100, mean: 0 },
  canaryMs: Array.from({ length: 100 }, (_, index) => 10 + index / 100),
  stableMs: Array.from({ length: 100 }, (_, index) => 10 + index / 100),
  ...over,
});

describe('a sample that was sent', () => {
  it.each<[string, object, Partial<ShadowTally>, string, string]>([
    ['agrees', {}, {}, 'pass', 'agreement 100 % against at least 98 % (0 of 100 answers differ)'],
    ['agrees as far as it must', {}, { differing: 2 }, 'pass', 'agreement 98 %'],
    [
      'differs a little more often',
      {},
      { differing: 4, example: 'score: 1 against 2' },
      'inconclusive',
      '(4 of 100 answers differ, such as score: 1 against 2): beyond the bound, but that may be chance with 100 requests: record a larger sample',
    ],
    ['differs far more often', {}, { differing: 12 }, 'fail', 'by chance less often than 1 in 100'],
    ['is tiny and differs', {}, { pairs: 3, differing: 1 }, 'inconclusive', 'may be chance with 3 requests'],
    ['must agree wholly', { agreement: '100%' }, { differing: 1 }, 'fail', 'agreement 99 %'],
    [
      'drifts within the bound',
      { maxDrift: '5%' },
      { drift: { pairs: 100, mean: 0.03 } },
      'pass',
      'drift 3 % against at most 5 %',
    ],
    [
      'drifts',
      { maxDrift: '5%' },
      { drift: { pairs: 100, mean: 0.3 } },
      'fail',
      'drift 30 % against at most 5 %',
    ],
    [
      'drifts in a few requests',
      { maxDrift: '5%' },
      { drift: { pairs: 10, mean: 0.1 } },
      'inconclusive',
      'drift 10 % against at most 5 %',
    ],
    [
      'has no numbers to drift',
      { maxDrift: '5%' },
      { drift: { pairs: 0, mean: 0 } },
      'pass',
      'agreement 100 %',
    ],
    [
      'is as quick',
      { maxLatencyIncrease: '20%' },
      {},
      'pass',
      'p95 11 ms against 11 ms of stable (maxLatencyIncrease 20%)',
    ],
    [
      'is slower in too few requests to tell',
      { maxLatencyIncrease: '20%' },
      { canaryMs: Array.from({ length: 100 }, () => 30) },
      'inconclusive',
      'p95 30 ms against 11 ms of stable',
    ],
    [
      'is slower',
      { maxLatencyIncrease: '20%' },
      {
        pairs: 400,
        canaryMs: Array.from({ length: 400 }, () => 30),
        stableMs: Array.from({ length: 400 }, () => 10),
      },
      'fail',
      'p95 30 ms against 10 ms of stable',
    ],
  ])('%s', (_what, fields, over, verdict, message) => {
    expect(judgeTally(rule(fields), tally(over), 0.01)).toMatchObject({
      verdict,
      message: expect.stringContaining(message),
    });
  });
});

describe('a version that is just as good as required', () => {
  const [TRIALS, PAIRS, ALPHA] = [400, 300, 0.05];
  const all = rule({ agreement: '95%', maxDrift: '10%', maxLatencyIncrease: '20%' });

  /** 5 % of the answers differ, numbers drift by 10 % in the mean, and the p95 is 20 % more: all at their bounds. */
  function drawn(seed: number, times = 1): ShadowTally {
    const random = streamOf(seed, 3);
    const share = (mean: number): number =>
      Array.from({ length: PAIRS }, () => (random() < mean ? 1 : 0)).reduce<number>((a, b) => a + b, 0);
    const ms = (factor: number): number[] =>
      Array.from({ length: PAIRS }, () => factor * Math.exp(0.4 * normal(random)));
    return tally({
      pairs: PAIRS,
      differing: share(0.05 * times),
      drift: { pairs: PAIRS, mean: share(0.1 * times) / PAIRS },
      canaryMs: ms(1.2 * times),
      stableMs: ms(1),
    });
  }

  const failures = (times: number): number =>
    Array.from({ length: TRIALS }, (_, seed) => judgeTally(all, drawn(seed, times), ALPHA)).filter(
      ({ verdict }) => verdict === 'fail',
    ).length / TRIALS;

  it('fails no more often than it may', () => {
    expect(failures(1)).toBeLessThanOrEqual(ALPHA);
  });

  it('fails nearly always where it is twice as bad', () => {
    expect(failures(2)).toBeGreaterThan(0.95);
  });
});
