import { check, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Metric } from '../api/analysis/analysis-template.ts';
import { Policy } from '../api/rollout/rollout.ts';
import { planOf } from './plan.ts';
import { type PlanInput } from './plan-input.ts';

const metrics = [
  Metric.parse({
    name: 'errors',
    max: '1%',
    maxIncrease: '1pp',
    errors: { requests: 'r{{pods}}', failures: 'f{{pods}}' },
  }),
];

function input(perSecond: number | null, policy: object = {}, more: Partial<PlanInput> = {}): PlanInput {
  const { analysis = {}, ...rest } = policy as { analysis?: object };
  return {
    policy: Policy.parse({
      traffic: { istio: { virtualService: 'ranker' } },
      analysis: { templates: [{ name: 'http-generic' }], ...analysis },
      ...rest,
    }),
    metrics,
    traffic: [{ metric: 'errors', perSecond, badShare: 0.01 }],
    replicas: 4,
    loadMs: 60_000,
    promotionMs: 30_000,
    ...more,
  };
}

const evidence = (perSecond: number): number =>
  planOf(input(perSecond)).steps[0]?.evidenceMs ?? Number.POSITIVE_INFINITY;

/** The predicted weights, and what limits each step; `!` if it never ends. */
const weights = (perSecond: number | null, autoSteps: object = {}) =>
  planOf(
    input(perSecond, { autoSteps }, { traffic: [{ metric: 'errors', perSecond, badShare: 0.002 }] }),
  ).steps.map(({ weight, because, problem }) => `${weight} ${because}${problem === null ? '' : '!'}`);

describe('planOf', () => {
  it('takes as long as an A/B test is to take', () => {
    const { steps } = planOf(input(100, { abTest: { weight: 50, for: '30m' } }));
    expect(steps.map(({ name, takesMs, because }) => [name, takesMs, because])).toEqual([
      ['50 %', 1_802_000, 'abTest.for 30m'],
    ]);
  });

  it('has the preview, the switch and all pods of blue/green', () => {
    const match = [{ headers: { 'x-preview': { exact: 'yes' } } }];
    const blueGreen = { preview: { match, for: '1m' }, scaleDownDelay: '10m' };
    const { steps, gates } = planOf(input(100, { blueGreen, approval: { at: ['switch'] } }));
    expect(steps.map(({ name, pods, takesMs, because }) => [name, pods, takesMs, because])).toEqual([
      ['preview', 4, 62_000, 'preview.for 1m'],
      ['switch', 4, 602_000, 'scaleDownDelay 10m'],
    ]);
    expect(gates).toEqual(['switch']);
  });

  it('takes settling, warm-up and windows where there is traffic enough', () => {
    const plan = planOf(input(100));
    // 2 s to settle, 5 s of warm-up, three windows of 10 s, half a second to read the last.
    expect(plan.steps.map(({ takesMs }) => takesMs)).toEqual([37_500, 37_500, 37_500]);
    expect(plan.steps.map(({ pods, loadMs }) => [pods, loadMs])).toEqual([
      [1, 60_000],
      [1, 0],
      [2, 60_000],
    ]);
    expect(plan.steps[0]).toMatchObject({ because: 'minWindows 3', requests: 300, problem: null });
    expect(plan.totalMs).toBe(3 * 37_500 + 2 * 60_000 + 30_000);
  });

  it('counts the time in which connections are opened, and to settle it', () => {
    const plan = planOf(input(100, { canary: { connect: { weight: 2, for: '30s' } } }));
    expect(plan.connect).toEqual({ weight: 2, takesMs: 32_000 });
    expect(plan.totalMs).toBe((planOf(input(100)).totalMs ?? 0) + 32_000);
    expect(planOf(input(100)).connect).toBeNull();
  });

  it.each([
    ['requests that come slowly', input(1), 'minRequests (errors)', 507_500],
    ['a bake', input(100, { steps: [{ weight: 10, bake: '5m' }] }), 'bake 5m', 302_000],
    ['traffic that is not known', input(null), 'minRequests (errors)', null],
    ['no traffic', input(0), 'minRequests (errors)', null],
  ])('follows from %s', (_name, given, because, takesMs) => {
    expect(planOf(given).steps[0]).toMatchObject({ because, takesMs });
  });

  it.each<[string, object, string, number]>([
    // Window ends at 10 s steps: 2 s to settle and 5 s of warm-up before, half a second to read.
    ['its count', { count: 5 }, 'count 5 (load)', 57_500],
    ['its interval, in whole windows', { count: 3, interval: '25s' }, 'count 3 (load)', 77_500],
    ['its delay', { count: 1, initialDelay: '1m' }, 'count 1 (load)', 67_500],
    ['minWindows', { interval: '20s' }, 'minWindows 3 (load)', 57_500],
  ])('takes as long as a value is measured by %s', (_name, cadence, because, takesMs) => {
    const load = Metric.parse({ name: 'load', max: '1', value: { query: 'q', ...cadence } });
    const given = input(100, {}, { metrics: [...metrics, load] });
    expect(planOf(given).steps[0]).toMatchObject({ because, takesMs });
  });

  it('says what never passes, and what passes too late', () => {
    expect(planOf(input(0)).steps[0]?.problem).toContain('never enough evidence');
    expect(planOf(input(0.1)).steps[0]?.problem).toContain(
      'enough evidence only after deadlines.step 1h: hold',
    );
    expect(planOf(input(0)).totalMs).toBeNull();
  });

  it('needs eight blocks of half a minute for a proof, once in a release', () => {
    const [first, second] = planOf(input(1_000, { analysis: { promoteOn: 'proven' } })).steps;
    expect(first?.because).toBe('proof (errors)');
    expect(first?.takesMs).toBeGreaterThanOrEqual(240_000);
    expect(second?.because).toBe('minWindows 3');
  });

  it('names the gates where people are waited for', () => {
    expect(planOf(input(100, { approval: { at: ['start', '25', 'promotion'] } })).gates).toEqual([
      'start',
      '25',
      'promotion',
    ]);
  });

  it('says what ends a step that has not enough by maxBake', () => {
    const late = { analysis: { maxBake: '1m', onInconclusive: 'promote' } };
    expect(planOf(input(1, late)).steps[0]?.problem).toBe('enough evidence only after maxBake 1m: promote');
    expect(planOf(input(0, late)).steps.map(({ weight }) => weight)).toEqual([10, 25, 50]);
  });

  it('foresees the weights that the evidence will choose', () => {
    expect(weights(100)).toEqual(['10 minWindows 3', '30 minWindows 3', '50 minWindows 3']);
    expect(weights(4)).toMatchInlineSnapshot(`
      [
        "10 maxRisk",
        "15 maxRisk",
        "24 maxRisk",
        "36 maxRisk",
        "50 minWindows 3",
      ]
    `);
    expect(weights(1, { maxRisk: '0.01%' })).toMatchInlineSnapshot(`
      [
        "10 maxRisk!",
      ]
    `);
    expect(weights(null)).toEqual(['10 minRequests (errors)']);
  });

  it('never takes longer with more traffic', () => {
    const rate = double({ min: 0.1, max: 1_000, noNaN: true });
    const isMonotonic = property(rate, rate, (a, b) => evidence(Math.max(a, b)) <= evidence(Math.min(a, b)));
    expect(check(isMonotonic)).toMatchObject({ failed: false });
  });
});
