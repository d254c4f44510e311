import { assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricState } from '../../../test/fixtures/release.ts';
import { Metric } from '../../api/analysis/analysis-template.ts';
import type { Contest } from '../../api/release/analysis-state.ts';
import { createRandom, type Random } from '../../replay/random.ts';
import { addBeside, betterOf, NO_CONTEST } from '../evidence/contest.ts';
import type { ArmSamples, Sample, WindowSamples } from '../evidence/sample.ts';
import { canDecide, winnerOf, withContest } from './winner.ts';

interface Course {
  readonly canary: number;
  readonly stable: number;
  /** Requests of each version in a window of ten seconds. */
  readonly events: { readonly canary: number; readonly stable: number };
  /** Coefficient of variation of each version's rate from half a minute to the next. */
  readonly cv: number;
  readonly windows: number;
}

/** The winner that is named at any time in the course, as a release that asks after each window would. */
function namedIn(random: Random, course: Course, alpha: number): 'canary' | 'stable' | null {
  let contest: Contest = NO_CONTEST;
  let [ours, theirs] = [1, 1];
  for (let at = 0; at < course.windows; at++) {
    if (at % 3 === 0) [ours, theirs] = [random.factor(course.cv), random.factor(course.cv)];
    const { events } = course;
    const badOf = (count: number, share: number): number => random.binomial(count, Math.min(1, share));
    const canary = { events: events.canary, bad: badOf(events.canary, course.canary * ours) };
    const stable = { events: events.stable, bad: badOf(events.stable, course.stable * theirs) };
    contest = addBeside(contest, { canary, stable }, 10);
    const better = betterOf(contest, alpha);
    if (better !== null) return better;
  }
  return null;
}

const EVEN: Course = {
  canary: 0.02,
  stable: 0.02,
  events: { canary: 500, stable: 500 },
  cv: 0,
  windows: 90,
};

describe('two versions that are alike', () => {
  it.each<[string, Partial<Course>]>([
    ['an even split', {}],
    ['a tenth of the traffic', { events: { canary: 100, stable: 900 } }],
    ['few bad requests', { canary: 0.001, stable: 0.001 }],
    ['rates that vary', { cv: 0.3 }],
    ['rates that vary a lot', { cv: 0.6, events: { canary: 2_000, stable: 2_000 } }],
    ['rates that vary beyond that', { cv: 1, events: { canary: 1_000, stable: 1_000 } }],
  ])('seldom have a winner, however often it is asked: %s', (_what, over) => {
    const random = createRandom(5);
    const named = Array.from({ length: 200 }, () => namedIn(random, { ...EVEN, ...over }, 0.05));
    // One in twenty is stated: more than 20 of 200 by chance in one of a thousand runs.
    expect(named.filter((one) => one !== null).length).toBeLessThanOrEqual(20);
  });

  it('keep that promise for any rates and splits', () => {
    const courses = record({
      rate: constantFrom(0.002, 0.01, 0.05, 0.2),
      canary: integer({ min: 50, max: 2_000 }),
      stable: integer({ min: 50, max: 2_000 }),
      seed: integer({ min: 1, max: 1_000_000 }),
    });
    let [named, runs] = [0, 0];
    assert(
      property(courses, ({ rate, canary, stable, seed }) => {
        const course = { ...EVEN, canary: rate, stable: rate, events: { canary, stable }, windows: 60 };
        named += namedIn(createRandom(seed), course, 0.05) === null ? 0 : 1;
        runs += 1;
      }),
      { numRuns: 200, seed: 11 },
    );
    expect(named / runs).toBeLessThanOrEqual(0.1);
  });
});

describe('the better of two versions', () => {
  it.each<[string, Partial<Course>, 'canary' | 'stable']>([
    ['the canary with half of the bad requests', { canary: 0.01 }, 'canary'],
    ['stable with half of them', { stable: 0.01 }, 'stable'],
    [
      'the canary at a tenth of the traffic',
      { canary: 0.005, events: { canary: 200, stable: 1_800 } },
      'canary',
    ],
  ])('is named within half an hour: %s', (_what, over, expected) => {
    const random = createRandom(3);
    const named = Array.from({ length: 40 }, () => namedIn(random, { ...EVEN, ...over, windows: 180 }, 0.01));
    expect(named.filter((one) => one === expected).length).toBeGreaterThanOrEqual(38);
  });
});

const NAMED = { errors: 0.01, latency: 0.01 };

/** States of metrics whose canary has so many times the bad requests of stable. */
const statesOf = (times: Readonly<Record<string, number>>) =>
  Object.entries(times).map(([name, factor]) => {
    let contest: Contest = NO_CONTEST;
    for (let at = 0; at < 40; at++)
      contest = addBeside(
        contest,
        { canary: { events: 1_000, bad: 20 * factor }, stable: { events: 1_000, bad: 20 } },
        30,
      );
    const canary = { events: 40_000, bad: 800 * factor };
    return { ...metricState('pass'), name, canary, stable: { events: 40_000, bad: 800 }, contest };
  });

describe('the winner over several metrics', () => {
  it.each<[Readonly<Record<string, number>>, 'canary' | 'stable' | null]>([
    [{ errors: 0.5, latency: 1 }, 'canary'],
    [{ errors: 1, latency: 2 }, 'stable'],
    [{ errors: 0.5, latency: 2 }, null],
    [{ errors: 1, latency: 1 }, null],
  ])('of %o is %s', (times, expected) => {
    expect(winnerOf(statesOf(times), Object.keys(NAMED), 0.01).winner).toBe(expected);
  });

  it('says so with numbers', () => {
    expect(winnerOf(statesOf({ errors: 0.5 }), ['errors'], 0.01).message).toBe(
      'the new version is better: errors 1 % against 2 % of stable (40,000 requests)',
    );
  });
});

const vector = (pod: string, value: number): Sample => ({
  kind: 'vector',
  series: [{ labels: { pod }, value }],
});

describe('a window of a test', () => {
  const metric = Metric.parse({ name: 'errors', max: '5%', errors: { requests: 'r', failures: 'f' } });
  const samples = (['canary', 'stable'] as const).flatMap((arm): ArmSamples[] =>
    (['requests', 'failures'] as const).map((part) => ({
      metric: 'errors',
      arm,
      part,
      promql: '',
      start: vector(arm, 0),
      end: vector(arm, part === 'requests' ? 1_000 : 10),
    })),
  );
  const window: WindowSamples = { start: 0, end: 30_000, samples };

  it('counts for metrics of rates alone', () => {
    const state = metricState('pass');
    expect(withContest(metric, state, state, window).contest?.blocks).toEqual([
      { canary: { events: 1_000, bad: 10 }, stable: { events: 1_000, bad: 10 } },
    ]);
    expect(canDecide({ ...metric, dryRun: true })).toBe(false);
    expect(withContest({ ...metric, dryRun: true }, state, state, window)).toBe(state);
  });
});
