import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { Analysis } from '../../api/rollout/rollout.ts';
import { createRandom, type Random } from '../../replay/random.ts';
import type { ArmSamples, Sample, WindowSamples } from '../evidence/sample.ts';
import { judgeMetric } from './judge.ts';
import { noteStable, stableNeeds } from './judge-alone.ts';
import { startStep } from './state.ts';

const analysis = Analysis.parse({ templates: [{ name: 'errors' }] });
const INTERVAL_MS = 10_000;
const errors = (over: Partial<Metric> = {}): Metric => ({
  name: 'errors',
  maxIncrease: '0.5pp',
  errors: { requests: 'r', failures: 'f' },
  onNoData: 'wait',
  dryRun: false,
  ...over,
});
const LATENCY: Metric = {
  name: 'latency',
  maxIncrease: '5pp',
  latency: { buckets: 'b', unit: 's', quantile: '95%' },
  onNoData: 'wait',
  dryRun: false,
};

type Arm = ArmSamples['arm'];
const vector = (labels: Record<string, string>, value: number): Sample => ({
  kind: 'vector',
  series: [{ labels, value }],
});

/** A window in which one arm has requests, and the other none. */
function windowOf(at: number, arm: Arm, events: number, bad: number): WindowSamples {
  const base = { metric: 'errors', arm, promql: '' } as const;
  return {
    start: at * INTERVAL_MS,
    end: (at + 1) * INTERVAL_MS,
    samples: [
      { ...base, part: 'requests', start: vector({ pod: arm }, 0), end: vector({ pod: arm }, events) },
      { ...base, part: 'failures', start: vector({ pod: arm }, 0), end: vector({ pod: arm }, bad) },
    ],
  };
}

/** Cumulative counts below 0.1 s, 0.3 s, and in all. */
function slowWindow(at: number, arm: Arm, [fast, middle, all]: readonly number[]): WindowSamples {
  const counts: [string, number][] = [
    ['0.1', fast ?? 0],
    ['0.3', middle ?? 0],
    ['+Inf', all ?? 0],
  ];
  const series = (part: number) =>
    counts.map(([le, value]) => ({ labels: { pod: arm, le }, value: value * part }));
  const start: Sample = { kind: 'vector', series: series(0) };
  const end: Sample = { kind: 'vector', series: series(1) };
  const base = { metric: 'latency', arm, part: 'buckets', promql: '' } as const;
  return { start: at * INTERVAL_MS, end: (at + 1) * INTERVAL_MS, samples: [{ ...base, start, end }] };
}

interface Course {
  readonly rate: number;
  readonly before: number;
  readonly after: number;
  /** Coefficient of variation of the rate of bad requests from half a minute to the next. */
  readonly cv: number;
  readonly windows: number;
  readonly metric: Metric;
}

/** Counts stable for five minutes, then the canary alone; the window of its failure, or null. */
function failedAt(random: Random, { rate, before, after, cv, windows, metric }: Course): number | null {
  const events = (rate * INTERVAL_MS) / 1_000;
  let factor = 1;
  const badOf = (at: number, share: number): number => {
    if (at % 3 === 0) factor = random.factor(cv);
    return random.binomial(events, Math.min(1, share * factor));
  };
  let state: MetricState | undefined;
  for (let at = 0; at < 30; at++)
    state = noteStable(metric, state, windowOf(at, 'stable', events, badOf(at, before)));
  for (let at = 30; at < 30 + windows; at++) {
    const window = windowOf(at, 'canary', events, badOf(at, after));
    state = judgeMetric(metric, analysis, state, window, { stable: 'gone' });
    if (state.verdict === 'fail') return at - 29;
  }
  return null;
}

const COURSE: Course = { rate: 100, before: 0.01, after: 0.01, cv: 0, windows: 60, metric: errors() };

describe('a canary with all traffic', () => {
  it.each<[string, Partial<Course>]>([
    ['independent requests', {}],
    ['a low rate', { before: 0.001, after: 0.001, rate: 20 }],
    ['no error at all', { before: 0, after: 0 }],
    ['a rate that varies', { cv: 0.5, rate: 300 }],
    ['a relative margin', { metric: errors({ maxIncrease: '20%' }) }],
  ])('as good as stable was is not rolled back more often than stated: %s', (_what, over) => {
    const random = createRandom(7);
    const failed = Array.from({ length: 300 }, () => failedAt(random, { ...COURSE, ...over })).filter(
      (one) => one !== null,
    );
    // One in a hundred is stated: more than nine of 300 by chance in one of 500 runs.
    expect(failed.length).toBeLessThanOrEqual(9);
  });

  it.each<[string, Partial<Course>, number]>([
    ['gross', { after: 0.2 }, 1],
    ['five times as many', { after: 0.05 }, 3],
    ['a little more, at much traffic', { after: 0.025, rate: 1_000 }, 6],
    ['beyond the bound alone', { after: 0.05, metric: errors({ maxIncrease: undefined, max: '2%' }) }, 6],
  ])('that is worse is found: %s', (_what, over, within) => {
    const random = createRandom(11);
    const found = Array.from({ length: 50 }, () => failedAt(random, { ...COURSE, ...over })).toSorted(
      (a, b) => (a ?? 1e9) - (b ?? 1e9),
    );
    expect(found[47]).toBeLessThanOrEqual(within);
  });

  it('is compared with what stable counted beside it at the weights before', () => {
    const metric = errors();
    const beside: WindowSamples = {
      ...windowOf(0, 'stable', 2_000, 20),
      samples: [...windowOf(0, 'stable', 2_000, 20).samples, ...windowOf(0, 'canary', 2_000, 20).samples],
    };
    const first = judgeMetric(metric, analysis, undefined, beside, { stable: 'remembered' });
    expect(first.earlier).toMatchObject({ windows: 1, blocks: [{ events: 2_000, bad: 20 }] });
    expect(judgeMetric(metric, analysis, undefined, beside).earlier).toBeUndefined();
    const alone = judgeMetric(metric, analysis, startStep(first), windowOf(1, 'canary', 4_000, 600), {
      stable: 'gone',
    });
    expect([alone.verdict, alone.message]).toMatchInlineSnapshot(`
      [
        "fail",
        "error rate 15 % against 1 % stable, 4,000 requests, 1 window: worse than stable was before (2.5 % would be allowed), by chance less often than 1 in a million; stable, which has no traffic now, as counted until 00:00:10Z (2,000 requests)",
      ]
    `);
  });

  it('passes with enough evidence, and says what it is compared with', () => {
    let state = noteStable(errors(), undefined, windowOf(0, 'stable', 3_000, 30));
    for (let at = 1; at <= 3; at++)
      state = judgeMetric(errors(), analysis, state, windowOf(at, 'canary', 3_000, 31), { stable: 'gone' });
    expect([state.verdict, state.message]).toMatchInlineSnapshot(`
      [
        "pass",
        "error rate 1 % against 1 % stable, 9,000 requests, 3 windows; stable, which has no traffic now, as counted until 00:00:10Z (3,000 requests)",
      ]
    `);
    expect(state.stable).toEqual({ events: 3_000, bad: 30 });
  });

  it('waits where nothing was counted of stable, unless only the bound matters', () => {
    const first = windowOf(0, 'canary', 3_000, 30);
    const state = judgeMetric(errors(), analysis, undefined, first, { stable: 'gone' });
    expect([state.verdict, state.message]).toMatchInlineSnapshot(`
      [
        "noData",
        "error rate 1 %, 3,000 requests, 1 window: nothing was counted of stable before the canary had all traffic",
      ]
    `);
    const bound = errors({ maxIncrease: undefined, max: '5%' });
    let alone: MetricState | undefined;
    for (let at = 0; at < 3; at++)
      alone = judgeMetric(bound, analysis, alone, windowOf(at, 'canary', 300, 3), { stable: 'gone' });
    expect(alone?.verdict).toBe('pass');
  });

  it('is slow at the edge that stable was counted at', () => {
    let state: MetricState | undefined;
    for (let at = 0; at < 5; at++)
      state = noteStable(LATENCY, state, slowWindow(at, 'stable', [800, 980, 1_000]));
    expect(state).toMatchObject({ stableEdge: 0.3, earlier: { windows: 4 } });
    const slow = slowWindow(5, 'canary', [500, 600, 1_000]);
    state = judgeMetric(LATENCY, analysis, state, slow, { stable: 'gone' });
    expect(state.verdict).toBe('fail');
  });

  it('is not compared by its answers any more', () => {
    const drift: Metric = {
      name: 'classes',
      maxIncrease: '5pp',
      drift: { counters: 'c', label: 'class' },
      onNoData: 'wait',
      dryRun: false,
    };
    const window = windowOf(0, 'canary', 10, 0);
    expect(judgeMetric(drift, analysis, undefined, window, { stable: 'gone' }).verdict).toBe('noData');
  });
});

describe('what is still to be counted of stable', () => {
  it.each<[string, Metric, number[], string | null]>([
    ['nothing yet', errors(), [], 'errors needs 50 more requests (minRequests 50)'],
    ['too few requests', errors(), [30], 'errors needs 20 more requests (minRequests 50)'],
    ['too few windows', errors(), [100, 100], 'errors needs 1 more window (minWindows 3)'],
    ['enough', errors(), [100, 100, 100], null],
    ['no comparison', errors({ maxIncrease: undefined, max: '1%' }), [], null],
    ['a dry run', errors({ dryRun: true }), [], null],
  ])('%s', (_what, metric, windows, expected) => {
    let state: MetricState | undefined;
    for (const [at, events] of windows.entries())
      state = noteStable(metric, state, windowOf(at, 'stable', events, 0));
    expect(stableNeeds(analysis, metric, state)).toBe(expected);
  });

  it('keeps ten minutes at most, in blocks of half a minute', () => {
    let state: MetricState | undefined;
    for (let at = 0; at < 500; at++) state = noteStable(errors(), state, windowOf(at, 'stable', 1_000, 10));
    expect(state?.earlier?.blocks).toHaveLength(20);
    expect(state?.earlier?.blocks[0]).toEqual({ events: 3_000, bad: 30, seconds: 30 });
  });
});
