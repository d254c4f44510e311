import { describe, expect, it } from 'vitest';
import { happen } from './happenings.ts';
import { conditionOf, images, reach, rollout, specOf, started, watch } from './scene.ts';

describe('a canary of a fixed size', () => {
  it('has it at every weight, and hands over what maxSurge asks for', async () => {
    const { world, witness } = await started({
      replicas: 6,
      maxSurge: 2,
      policy: { canary: { replicas: 1 } },
    });
    world.push('v2');
    for (const weight of [10, 25, 50]) {
      await world.until(`weight ${weight}`, () => world.status().weight === weight);
      expect(images(world).filter((image) => image === 'v2')).toHaveLength(1);
    }
    await reach(world, witness, 'Promoted');
    expect(images(world)).toEqual(Array.from({ length: 6 }, () => 'v2'));
    expect(world.pods.loads.get('v2')).toBe(6);
  });
});

describe('a canary of the default size', () => {
  it.each([
    ['given', { weights: [10, 60] }],
    [
      'chosen by the evidence',
      { policy: { steps: undefined, autoSteps: { min: 10, max: 60, maxGrowth: 6, maxRisk: '90%' } } },
    ],
  ])(
    'follows an autoscaler, so that its pods have at most twice the load of stable ones: weights %s',
    async (_how, pace) => {
      const { world, witness } = await started({ replicas: 5, ...pace });
      const canaryPods = (): number | undefined => world.status().replicas;
      world.push('v2');
      await world.until('weight 60', () => world.status().weight === 60, 400);
      expect(canaryPods()).toBe(4);
      world.scale(10);
      await world.until('the canary has grown', () => canaryPods() === 8, 20);
      world.scale(4);
      await world.until('the canary has shrunk', () => canaryPods() === 3, 20);
      await reach(world, witness, 'Promoted', 400);
      expect(witness.violations).toEqual([]);
    },
  );
});

describe('without spare room', () => {
  const borrow = { canary: { mode: 'borrow' } };

  it('a canary has the place of one stable pod, and the Deployment gets it back', async () => {
    const { world, witness } = await started({ policy: borrow });
    world.pods.room = 3;
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    expect(images(world)).toEqual(['v1', 'v1', 'v2']);
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 10);
    expect(specOf(world.deployment)['replicas']).toBe(3);
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
    expect(world.lostSeconds).toBe(0);
  });

  it.each(['Starting.Loading', 'Stepping.Analysing', 'Promoting.RestoringRoutes', 'Promoting.Updating'])(
    'an abort in %s gives it back',
    async (place) => {
      const { world, witness } = await started({ policy: borrow });
      world.pods.room = 3;
      world.push('v2');
      await reach(world, witness, place);
      world.restart();
      happen('abort', world, witness);
      await reach(world, witness, 'Aborted');
      await watch(world, witness, 10);
      expect(specOf(world.deployment)['replicas']).toBe(3);
      expect(images(world)).toEqual(['v1', 'v1', 'v1']);
      expect(witness.violations.filter((text) => text.includes('requests'))).toEqual([]);
    },
  );

  it('a size that somebody sets meanwhile stands', async () => {
    const { world, witness } = await started({ policy: borrow });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.scale(5);
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 10);
    expect(specOf(world.deployment)['replicas']).toBe(5);
  });

  it.each([
    [{ replicas: 1 }, 'NothingToBorrow'],
    [{ maxSurge: 2 }, 'BorrowNeedsSurgeOfOne'],
  ])('is refused where nothing can be borrowed: %o', async (options, reason) => {
    const { world } = await started({ ...options, policy: borrow });
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ status: 'False', reason });
    world.push('v2');
    await world.run(20);
    expect(new Set(images(world))).toEqual(new Set(['v1']));
  });
});

describe('a change back to what served before', () => {
  it('skips the steps where the policy has a window, and is still watched', async () => {
    const { world, witness } = await started({ policy: { rollbackWindow: { revisions: 1 } } });
    world.push('v2');
    await reach(world, witness, 'Promoted');
    world.push('v1');
    await world.until('the release of v1', () => world.releases.length === 2);
    const began = world.now;
    await reach(world, witness, 'Promoted');
    expect(world.release()?.spec.rollback).toContain('no steps (rollbackWindow.revisions 1)');
    expect(world.status().trail?.map(({ reason }) => reason)).toContain('RollbackWindow');
    expect((world.now - began) / 1_000).toBeLessThan(20);
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    expect(witness.violations).toEqual([]);
  });
});
