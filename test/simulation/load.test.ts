import { describe, expect, it } from 'vitest';
import { conditionOf, reach, started } from './scene.ts';

describe('pods with different loads', () => {
  it('are reported once in each step where one version has more than twice the other, and decide nothing', async () => {
    const { world, witness } = await started({
      replicas: 4,
      weights: [10, 20, 50],
      policy: { analysis: SLOW },
    });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing', 100);
    await world.until('the load is known', () => world.status().analysis?.load !== undefined, 60);
    expect(conditionOf(world.release() ?? null, 'LoadEven')).toMatchObject({
      status: 'False',
      reason: 'UnevenLoad',
    });
    expect(world.status().message).toContain('each canary pod answers 0.44 times as many requests');
    await reach(world, witness, 'Promoted', 400);
    const told = (world.status().messages ?? []).filter(({ reason }) => reason === 'UnevenLoad');
    expect(told.map(({ text }) => text.slice(0, 24))).toEqual(['step 1/3 (10 %): each ca']);
    expect(conditionOf(world.release() ?? null, 'LoadEven')).toMatchObject({
      status: 'True',
      reason: 'EvenLoad',
    });
    expect(witness.violations).toEqual([]);
  });
});

/** A step long enough to count the requests from which the load is computed. */
const SLOW = {
  templates: [{ name: 'errors' }],
  interval: '2s',
  warmup: '1s',
  minRequests: 200,
  minWindows: 3,
};
