import { check, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERRORS, LATENCY, periodWith, policyOf } from '../../test/fixtures/replay.ts';
import { AutoSteps } from '../api/rollout/steps.ts';
import { injectFault, keptShares, splitPods, splitRequests } from './arms.ts';
import { countsOf } from './counts.ts';
import { estimate, wilson } from './interval.ts';
import { periodOf, spansOf } from './period.ts';
import { pastQueries } from './queries.ts';
import { createRandom } from './random.ts';
import { replay } from './replay.ts';
import { tryRelease } from './trial.ts';

const calm = periodWith({ pods: 4, perSecond: 20, bad: () => 0.01 });
const sum = (counts: readonly number[] | null): number => (counts ?? []).reduce((a, b) => a + b, 0);

const past = (pod: string, values: (number | undefined)[], more: object = {}) => ({
  labels: { pod, ...more },
  values,
});

const bucket = (pod: string, le: string, to: number) => past(pod, [0, to], { le });

describe('a release by an A/B test', () => {
  it('is won by nobody on a past in which both versions are the same, and by stable against a fault', () => {
    const policy = {
      ...policyOf({ onInconclusive: 'abort' }),
      steps: undefined,
      abTest: { weight: 50, for: '15m', decide: 'verdict' as const },
    };
    const trialOf = (fault: { metric: string; share: number } | null) => {
      const period = periodWith({ pods: 4, perSecond: 50, bad: () => 0.01 });
      const random = createRandom(3);
      return tryRelease({ policy, period, split: splitPods(period, random), fault, random });
    };
    expect(trialOf(null)).toMatchObject({ outcome: 'aborted', metric: 'maxBake' });
    expect(trialOf({ metric: 'errors', share: 0.008 })).toMatchObject({
      outcome: 'aborted',
      metric: 'abTest',
    });
  });
});

describe('a release that gives the canary all traffic at once', () => {
  const whole = { ...policyOf(), steps: [{ weight: 100 }] };
  const trialOf = (bad: (window: number) => number) => {
    const period = periodWith({ pods: 4, perSecond: 50, bad });
    const random = createRandom(3);
    return tryRelease({ policy: whole, period, split: splitPods(period, random), fault: null, random });
  };

  it('is compared with what stable counted before', () => {
    expect(trialOf(() => 0.01)).toMatchObject({ outcome: 'promoted' });
    expect(trialOf((window) => (window < 4 ? 0.01 : 0.04))).toMatchObject({
      outcome: 'aborted',
      metric: 'errors',
    });
  });
});

describe('countsOf', () => {
  it('counts growth by pod; a counter that fell was reset, a pod begins with its second sample', () => {
    const requests = [past('a', [10, 30, 5, 15]), past('b', [undefined, 7, 9, undefined])];
    const failures = [past('a', [undefined, 2, undefined, 1])];
    const found = countsOf(
      ERRORS,
      { requests: { kind: 'series', series: requests }, failures: { kind: 'series', series: failures } },
      3,
    );
    expect(found).toMatchObject({
      pods: [
        {
          pod: 'a',
          windows: [
            [18, 2],
            [5, 0],
            [9, 1],
          ],
        },
        { pod: 'b', windows: [null, [2, 0], null] },
      ],
    });
  });

  it('counts all buckets of a pod from zero where one of them fell', () => {
    const series = [past('a', [19, 19], { le: '0.1' }), past('a', [20, 19], { le: '+Inf' })];
    expect(countsOf(LATENCY, { buckets: { kind: 'series', series } }, 1)).toMatchObject({
      pods: [{ windows: [[19, 0]] }],
    });
  });

  it('puts each request into one bucket, at the edges that all pods have', () => {
    const series = [
      bucket('a', '0.1', 5),
      bucket('a', '0.5', 8),
      bucket('a', '+Inf', 10),
      bucket('b', '0.5', 1),
      bucket('b', '+Inf', 4),
    ];
    expect(countsOf(LATENCY, { buckets: { kind: 'series', series } }, 1)).toMatchObject({
      categories: ['0.5', '+Inf'],
      pods: [{ windows: [[8, 2]] }, { windows: [[1, 3]] }],
    });
  });

  it.each([
    [
      'no series',
      { kind: 'noData', message: 'the query gives no series' } as const,
      'the query gives no series',
    ],
    ['no label le', { kind: 'series', series: [past('a', [1, 2])] } as const, 'no label le'],
    ['no last bucket', { kind: 'series', series: [past('a', [1, 2], { le: '1' })] } as const, 'le="+Inf"'],
  ])('says why there is nothing to replay: %s', (_name, buckets, why) => {
    expect(countsOf(LATENCY, { buckets }, 1)).toMatchObject({ why: expect.stringContaining(why) });
  });
});

const pod = (name: string, windows: (number[] | null)[]) => ({ pod: name, windows });

describe('periods', () => {
  it('are spread evenly, without overlap, and as many as fit', () => {
    const range = { fromMs: 0, toMs: 3_600_000, stepMs: 10_000, forMs: 600_000, most: 100 };
    const spans = spansOf(range);
    expect(spans.map(({ startMs, count }) => [startMs, count])).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => [index * 600_000, 61]),
    );
    expect(spansOf({ ...range, most: 2 }).map(({ startMs }) => startMs)).toEqual([0, 3_000_000]);
    expect(spansOf({ ...range, toMs: 125_000 })).toEqual([{ startMs: 5_000, stepMs: 10_000, count: 13 }]);
    expect(spansOf({ ...range, toMs: 5_000 })).toEqual([]);
  });

  it('keep to the version that most pods were of, and to pods that were there all along', () => {
    const there = [
      [1, 0],
      [1, 0],
    ];
    const pods = [
      pod('ranker-old-aaaaa', there),
      pod('ranker-new-aaaaa', there),
      pod('ranker-new-bbbbb', there),
      pod('ranker-old-bbbbb', [[1, 0], null]),
    ];
    const metric = { metric: ERRORS, categories: ['good', 'bad'], pods };
    const span = { startMs: 0, stepMs: 1_000, count: 3 };
    expect(periodOf(span, [metric])?.pods).toEqual(['ranker-new-aaaaa', 'ranker-new-bbbbb']);
    expect(periodOf(span, [{ ...metric, pods: [] }])).toBeNull();
  });
});

describe('a split', () => {
  const metric = calm.metrics[0];

  it('gives the canary its weight of the requests', () => {
    const share = double({ min: 0.01, max: 0.99, noNaN: true });
    const isRight = property(share, share, (has, weight) => {
      const kept = keptShares(has, weight);
      const [ours, theirs] = [has * kept.canary, (1 - has) * kept.stable];
      const inBounds = kept.canary <= 1 && kept.stable <= 1 + 1e-9 && kept.canary >= 0 && kept.stable >= 0;
      return inBounds && Math.abs(ours / (ours + theirs) - weight) < 1e-9;
    });
    expect(check(isRight)).toMatchObject({ failed: false });
  });

  it.each([
    ['pods', splitPods],
    ['requests', splitRequests],
  ])('by %s loses no more than thinning takes, and has the weight in the long run', (_name, splitBy) => {
    const split = splitBy(calm, createRandom(3));
    let [ours, all] = [0, 0];
    for (let at = 0; at < calm.count; at++) {
      const arms = metric === undefined ? { canary: null, stable: null } : split.arms(metric, at, 10);
      ours += sum(arms.canary);
      all += sum(arms.canary) + sum(arms.stable);
    }
    expect(ours / all).toBeGreaterThan(0.09);
    expect(ours / all).toBeLessThan(0.11);
  });

  it('keeps every request when a share of them is made bad', () => {
    const count = integer({ min: 0, max: 1_000 });
    const keeps = property(count, count, (good, bad) => {
      const spoilt = metric && injectFault(metric, [good, bad], 0.3, createRandom(1));
      return sum(spoilt ?? null) === good + bad && (spoilt?.[1] ?? 0) >= bad;
    });
    expect(check(keeps)).toMatchObject({ failed: false });
  });
});

const trial = (share: number) => {
  const random = createRandom(5);
  const fault = share === 0 ? null : { metric: 'errors', share };
  return tryRelease({ policy: policyOf(), period: calm, split: splitPods(calm, random), fault, random });
};

describe('a replayed release', () => {
  it('is promoted where nothing is wrong, after settling, warm-up and windows of each step', () => {
    // One window to settle and warm up and three to look, of ten seconds each, in three steps.
    expect(trial(0)).toEqual({ outcome: 'promoted', seconds: 120 });
  });

  it('counts the time in which connections are opened, and judges nothing in it', () => {
    const canary = { ...policyOf().canary, connect: { weight: 1, for: '10s' } };
    const random = createRandom(5);
    const split = splitPods(calm, random);
    const policy = { ...policyOf(), canary };
    // Twelve seconds with settling: two windows more.
    expect(tryRelease({ policy, period: calm, split, fault: null, random })).toEqual({
      outcome: 'promoted',
      seconds: 140,
    });
  });

  it('is rolled back with a fault, and says why', () => {
    expect(trial(0.4)).toMatchObject({ outcome: 'aborted', metric: 'errors' });
    expect(trial(0.4).message).toContain('error rate');
  });

  it('bakes as long as the policy says, and is undecided where the past is too short', () => {
    const policy = { ...policyOf(), steps: [{ weight: 10, bake: '2m' }] };
    const run = (windows: number) => {
      const period = periodWith({ pods: 4, perSecond: 20, bad: () => 0.01, windows });
      const random = createRandom(5);
      return tryRelease({ policy, period, split: splitPods(period, random), fault: null, random });
    };
    expect(run(60)).toEqual({ outcome: 'promoted', seconds: 130 });
    expect(run(10)).toMatchObject({ outcome: 'undecided', seconds: 100 });
  });
});

describe('replay', () => {
  const input = {
    rollout: 'ranker',
    namespace: 'ml',
    fromMs: 0,
    toMs: 7_200_000,
    seed: 7,
    leftOut: [],
    empty: 0,
    policy: policyOf(),
    runs: 40,
    faultRuns: 10,
  };

  it('rolls nothing back on a calm past, and finds the faults that are great enough', () => {
    const report = replay({
      ...input,
      periods: [calm, periodWith({ pods: 3, perSecond: 20, bad: () => 0.01, seed: 2 })],
    });
    expect(report.falseAborts).toMatchObject({ hits: 0, trials: 40 });
    expect(report).toMatchObject({ split: 'pods', promoted: 40, undecided: 0, medianSeconds: 120 });
    const errors = report.sensitivity.find(({ metric }) => metric === 'errors');
    expect(errors?.levels.at(-1)?.found.share).toBe(1);
    expect(errors?.levels[0]?.found.share).toBe(0);
    expect(errors?.smallest).toBeGreaterThanOrEqual(0.01);
    expect(errors?.smallest).toBeLessThanOrEqual(0.1);
  });

  it('replays steps that the evidence chooses', () => {
    const { steps: _steps, ...fixed } = policyOf();
    const policy = { ...fixed, autoSteps: AutoSteps.parse({}) };
    const periods = [periodWith({ pods: 10, perSecond: 5, bad: () => 0.01 })];
    const report = replay({ ...input, policy, periods, faultRuns: 4 });
    expect(report).toMatchObject({ promoted: 40, falseAborts: { hits: 0 } });
    const errors = report.sensitivity.find(({ metric }) => metric === 'errors');
    expect(errors?.levels.at(-1)?.found.share).toBe(1);
  });

  it.each([
    ['abort', { falseAborts: { hits: 4 }, undecided: 0 }],
    [
      'hold',
      { falseAborts: { hits: 0 }, undecided: 4, undecidedExample: expect.stringContaining('maxBake') },
    ],
    // Fewer than minRequests is no evidence that could be promoted on.
    ['promote', { falseAborts: { hits: 0 }, undecided: 4 }],
  ])('ends what is undecided at maxBake as onInconclusive says: %s', (onInconclusive, expected) => {
    const policy = policyOf({ maxBake: '2m', onInconclusive });
    const periods = [periodWith({ pods: 2, perSecond: 0.5, bad: () => 0 })];
    expect(replay({ ...input, policy, periods, runs: 4, faultRuns: 1 })).toMatchObject(expected);
  });

  it('is the same again with the same seed', () => {
    const periods = [calm];
    expect(replay({ ...input, periods })).toEqual(replay({ ...input, periods }));
  });

  it('says what releases still wait for that end too late', () => {
    const periods = [periodWith({ pods: 2, perSecond: 0.1, bad: () => 0 })];
    const report = replay({ ...input, periods, runs: 3, faultRuns: 1 });
    expect(report.undecided).toBe(3);
    expect(report.undecidedExample).toMatch(/minRequests 50|had no request/);
  });

  it('shares out requests where there is one pod', () => {
    const periods = [periodWith({ pods: 1, perSecond: 50, bad: () => 0.01 })];
    expect(replay({ ...input, periods, faultRuns: 1 })).toMatchObject({ split: 'requests', promoted: 40 });
  });
});

describe('estimate', () => {
  it('is the interval of Wilson where trials are alone in their groups', () => {
    const groups = Array.from({ length: 10 }, (_, index) => ({ hits: index < 3 ? 1 : 0, trials: 1 }));
    expect(estimate(groups)).toMatchObject({ hits: 3, trials: 10, share: 0.3, ...wilson(0.3, 10) });
    expect(wilson(0.3, 10).low).toBeCloseTo(0.1078, 3);
    expect(wilson(0.3, 10).high).toBeCloseTo(0.6032, 3);
  });

  it('is as wide as the groups alone make it, where the trials of a group are all alike', () => {
    const groups = Array.from({ length: 10 }, (_, index) => ({ hits: index < 3 ? 50 : 0, trials: 50 }));
    expect(estimate(groups).high).toBeCloseTo(wilson(0.3, 10).high, 2);
  });

  it('counts groups where nothing is known of their spread', () => {
    const groups = Array.from({ length: 10 }, () => ({ hits: 0, trials: 50 }));
    expect(estimate(groups).high).toBeCloseTo(wilson(0, 10).high, 9);
    expect(estimate([]).high).toBe(1);
  });
});

it('asks for the pods of all versions that there have been', () => {
  const names = {
    namespace: 'ml',
    workload: 'ranker.v1',
    service: 'ranker',
    stable: { replicaSet: 'ranker.v1-abc', hash: 'abc' },
    canary: { replicaSet: 'ranker.v1-x', hash: 'x' },
  };
  expect(pastQueries([ERRORS], names).map(({ promql }) => promql)).toEqual([
    String.raw`requests_total{pod=~"ranker\\.v1-[a-z0-9]+-[a-z0-9]{5}"}`,
    String.raw`failures_total{pod=~"ranker\\.v1-[a-z0-9]+-[a-z0-9]{5}"}`,
  ]);
});
