import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricState } from '../../../test/fixtures/release.ts';
import { mostExcess } from '../../analysis/evidence/excess.ts';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { Policy } from '../../api/rollout/rollout.ts';
import { leastWeight, nextWeight, weightAfter } from './next-weight.ts';

const policyOf = (autoSteps: object | undefined): Policy =>
  Policy.parse({
    traffic: { istio: { virtualService: 'model' } },
    analysis: { templates: [{ name: 'errors' }] },
    ...(autoSteps === undefined ? {} : { autoSteps }),
  });

const ERRORS: Metric = {
  name: 'errors',
  errors: { requests: 'r', failures: 'f' },
  maxIncrease: '1pp',
  onNoData: 'wait',
  dryRun: false,
};
const VALUE: Metric = {
  name: 'gpu',
  value: { query: 'q', failureLimit: 0 },
  max: '90',
  onNoData: 'wait',
  dryRun: false,
};

/** Counts of a step: requests and bad requests of the canary, with 1 % bad ones of stable. */
function counted(events: number, bad: number, over: Partial<MetricState> = {}): MetricState {
  const stable = { events: 9_000, bad: 90 };
  return { ...metricState('pass'), windows: 12, canary: { events, bad }, stable, ...over };
}

const next = (weight: number, state: MetricState, autoSteps: object = {}, metrics = [ERRORS]) =>
  nextWeight(policyOf(autoSteps), metrics, [state], weight);

describe('the weight that follows', () => {
  it.each<[string, MetricState, object, number, number | 'stays' | null]>([
    ['few requests say too little', counted(50, 0), {}, 10, 'stays'],
    ['some allow a small step', counted(200, 2), {}, 10, 26],
    ['more allow more', counted(300, 3), {}, 10, 30],
    ['many allow all that maxGrowth does', counted(5_000, 50), {}, 10, 30],
    ['a greater maxGrowth', counted(5_000, 50), { maxGrowth: 5 }, 10, 50],
    ['never beyond max', counted(5_000, 50), { max: 40 }, 30, 40],
    ['the least step is no more than max', counted(5_000, 50), { max: 40 }, 39, 40],
    ['none after max', counted(5_000, 50), {}, 50, null],
    ['a small risk takes longer', counted(500, 5), { maxRisk: '0.1%' }, 10, 'stays'],
    ['a canary that is worse than allowed stays', counted(5_000, 250), {}, 10, 'stays'],
    ['bursts make counts worth less', bursty(), { maxRisk: '0.2%' }, 10, 'stays'],
  ])('%s', (_what, state, autoSteps, weight, expected) => {
    const found = next(weight, state, autoSteps);
    expect(found?.kind === 'weight' ? found.weight : (found?.kind ?? null)).toBe(expected);
  });

  it('doubles where no metric says anything about requests', () => {
    expect(next(10, metricState('pass'), {}, [VALUE])).toMatchObject({ kind: 'weight', weight: 20 });
  });

  it('is no matter of fixed steps', () => {
    expect(nextWeight(policyOf(undefined), [ERRORS], [counted(5_000, 50)], 10)).toBeNull();
  });

  it('leaves out what only runs dry', () => {
    const dry = { ...ERRORS, dryRun: true };
    expect(next(10, counted(50, 0), {}, [dry])).toMatchObject({ kind: 'weight', weight: 20 });
  });

  it('says why', () => {
    expect([
      next(10, counted(50, 0)),
      next(10, counted(300, 3)),
      next(10, counted(9_000, 90)),
    ]).toMatchInlineSnapshot(`
      [
        {
          "kind": "stays",
          "message": "the evidence of 50 requests of the canary (errors) does not exclude that 4 % more are bad than allowed: at 15 % that would be 0.61 % of all requests (autoSteps.maxRisk 0.5%)",
        },
        {
          "kind": "weight",
          "message": "the evidence of 300 requests of the canary (errors) does not exclude that 1.3 % more are bad than allowed: next 30 % (autoSteps.maxGrowth 3), at most 0.38 % of all requests (autoSteps.maxRisk 0.5%)",
          "weight": 30,
        },
        {
          "kind": "weight",
          "message": "the evidence of 9,000 requests of the canary (errors) excludes that it is beyond its bounds: next 30 % (autoSteps.maxGrowth 3)",
          "weight": 30,
        },
      ]
    `);
  });
});

/** The same for a service whose own rate alternates between 1 % and 5 % each half minute. */
function bursty(): MetricState {
  const spans = Array.from({ length: 20 }, (_, at) => [30, 450, 4, 4_500, at % 4 === 0 ? 180 : 0]);
  return counted(3_000, 30, { series: { spans, merged: 0 } });
}

const bounds = record({
  min: integer({ min: 1, max: 100 }),
  span: integer({ min: 0, max: 99 }),
  maxGrowth: integer({ min: 2, max: 10 }),
  maxRisk: constantFrom('0.01%', '0.1%', '0.5%', '2%', '20%'),
});
const evidence = array(
  record({ events: integer({ min: 0, max: 100_000 }), permille: integer({ min: 0, max: 1_000 }) }),
  {
    minLength: 25,
    maxLength: 25,
  },
);

describe('any evidence', () => {
  it('leads upwards within the bounds, in at most 12 steps, at no more than the risk', () => {
    assert(
      property(bounds, evidence, ({ min, span, ...rest }, steps) => {
        const max = Math.min(100, min + span);
        const policy = policyOf({ min, max, ...rest });
        const weights = [min];
        for (const { events, permille } of steps) {
          const weight = weights.at(-1) ?? 0;
          const states = [counted(events, Math.floor((events * permille) / 1_000))];
          const found = nextWeight(policy, [ERRORS], states, weight);
          const after = weightAfter(policy, [ERRORS], states, weight);
          expect(after === null).toBe(weight === max);
          if (after === null) break;
          expect(after).toBeGreaterThanOrEqual(leastWeight({ max }, weight));
          expect(after).toBeLessThanOrEqual(Math.min(max, weight * rest.maxGrowth));
          const excess = mostExcess(policy, [ERRORS], states)?.share ?? 0;
          const risk = found?.kind === 'weight' ? (found.weight / 100) * excess : 0;
          expect(risk).toBeLessThanOrEqual(Number.parseFloat(rest.maxRisk) / 100 + 1e-9);
          weights.push(after);
        }
        expect(weights.at(-1)).toBe(max);
        expect(weights.length).toBeLessThanOrEqual(12);
        expect(weights).toEqual([...new Set(weights)].toSorted((a, b) => a - b));
      }),
    );
  });
});
