import { assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WriteOutcome } from './fates.ts';
import { conditionOf, events, reach, started, weights } from './scene.ts';

const ANALYSIS = {
  templates: [{ name: 'errors' }],
  interval: '2s',
  warmup: '1s',
  minRequests: 10,
  minWindows: 2,
};
const DEADLINES = { start: '30s', step: '5m', promotion: '60s' };
const auto = (autoSteps: object, analysis: object = {}) => ({
  policy: { steps: undefined, autoSteps, analysis: { ...ANALYSIS, ...analysis }, deadlines: DEADLINES },
});

describe('steps that the evidence chooses', () => {
  it('go from the least weight to the greatest, and are reported', async () => {
    const { world, witness } = await started(auto({ min: 5, max: 60 }));
    world.push('v2');
    await reach(world, witness, 'Promoted', 400);
    const status = world.status();
    expect([status.weights, status.stepText]).toMatchInlineSnapshot(`
      [
        [
          5,
          15,
          45,
          60,
        ],
        "promotion",
      ]
    `);
    expect(
      (status.messages ?? []).map(({ text }) => text).filter((text) => text.includes('next ')),
    ).toHaveLength((status.weights?.length ?? 0) - 1);
    expect(witness.violations).toEqual([]);
  });

  it('roll a bad version back', async () => {
    const { world, witness } = await started(auto({ min: 5, max: 60 }));
    world.failures.set('v2', 0.3);
    world.push('v2');
    await reach(world, witness, 'Aborted', 400);
    expect(world.status()).toMatchObject({ reason: 'AnalysisFailed', weights: [5] });
    expect(witness.violations).toEqual([]);
  });

  it('stay where the evidence allows no more, and say so', async () => {
    const { world, witness } = await started(auto({ maxRisk: '0.001%', maxBake: '20s' }));
    world.failures.set('v2', 0.049);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing', 100);
    await world.run(40);
    expect(world.status()).toMatchObject({ reason: 'BakeOverdue', weights: [10], stepText: '1/? (10 %)' });
    expect(weights(world)).toEqual([90, 10]);
    expect(conditionOf(world.release() ?? null, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'BakeOverdue',
    });
    expect(events(world, 'Release').filter((reason) => reason === 'BakeOverdue')).toHaveLength(1);
  });
});

interface Plan {
  readonly min: number;
  readonly max: number;
  readonly maxGrowth: number;
  readonly maxRisk: string;
  readonly failures: number;
  readonly onInconclusive: 'hold' | 'abort' | 'promote';
  readonly fate: Exclude<WriteOutcome, undefined | (() => void)>;
  readonly at: number;
}

const plans = record<Plan>({
  min: integer({ min: 1, max: 30 }),
  max: integer({ min: 30, max: 100 }),
  maxGrowth: integer({ min: 2, max: 10 }),
  maxRisk: constantFrom('0.01%', '0.5%', '5%'),
  failures: constantFrom(0.001, 0.001, 0.04, 0.3),
  onInconclusive: constantFrom('abort', 'promote'),
  fate: constantFrom('crashBefore', 'crashAfter', 'conflict', 'lost'),
  at: integer({ min: 0, max: 60 }),
});

/** Plays a release to its end; the weights that its routes had, in order. */
async function play({ min, max, maxGrowth, maxRisk, failures, onInconclusive, fate, at }: Plan) {
  const { world, witness } = await started(
    auto({ min, max, maxGrowth, maxRisk, maxBake: '30s' }, { onInconclusive }),
  );
  world.failures.set('v2', failures);
  world.fate = (_write, index) => (index === at ? fate : undefined);
  const routed: number[] = [];
  world.push('v2');
  for (let tick = 0; tick < 1_200 && !/^(Promoted|Aborted)$/.test(world.place()); tick++) {
    // oxlint-disable-next-line no-await-in-loop -- one tick after the other
    await world.step();
    witness.look();
    const { phase, weight } = world.release()?.status ?? {};
    if (phase === 'Stepping' && weight !== undefined && weight > 0 && weight !== routed.at(-1))
      routed.push(weight);
  }
  await world.run(5);
  witness.end();
  return { status: world.status(), routed, violations: witness.violations };
}

describe('any evidence, bounds and fault', () => {
  it('lets weights only ascend within the bounds, with a sum of 100, and ends', async () => {
    await assert(
      asyncProperty(plans, async (plan) => {
        const { status, routed, violations } = await play(plan);
        expect(violations).toEqual([]);
        expect(status.phase).toMatch(/^(Promoted|Aborted)$/);
        const chosen = status.weights ?? [];
        expect(chosen[0]).toBe(plan.min);
        expect(routed).toEqual(chosen);
        expect(chosen).toEqual([...new Set(chosen)].toSorted((a, b) => a - b));
        expect(chosen.at(-1)).toBeLessThanOrEqual(plan.max);
        const promotable = plan.failures !== 0.3 && chosen.at(-1) === plan.max;
        expect(status.phase === 'Promoted' && !promotable).toBe(false);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
