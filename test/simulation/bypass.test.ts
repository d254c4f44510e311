import { describe, expect, it } from 'vitest';
import { events, images, reach, rollout, specOf, started } from './scene.ts';

describe('a change that the API server did not hold', () => {
  it.each([1, 3, 6])('is stopped, and released step by step: %i replicas', async (replicas) => {
    const { world, witness } = await started({ replicas, loadMs: 5_000 });
    world.holds = false;
    world.push('v2');
    await world.until('a Release', () => world.releases.length === 1);
    expect(events(world, 'Rollout')).toContain('HoldBypassed');
    expect(specOf(world.deployment)['paused']).toBe(true);
    await reach(world, witness, 'Stepping.Analysing');
    expect(images(world).filter((image) => image === 'v1')).toHaveLength(replicas);
    await reach(world, witness, 'Promoted', 200);
    expect(images(world)).toEqual(Array.from({ length: replicas }, () => 'v2'));
    expect(world.lostSeconds).toBe(0);
    expect(rollout(world)?.['status']).toMatchObject({ phase: 'Idle' });
  });

  it('is rolled back when it is bad', async () => {
    const { world, witness } = await started();
    world.holds = false;
    world.failures.set('v2', 0.5);
    world.push('v2');
    await reach(world, witness, 'Aborted', 200);
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
  });

  it('and came while the controller was away, is left where it is done', async () => {
    const { world } = await started();
    world.holds = false;
    world.downUntil = world.now + 60_000;
    world.push('v2');
    await world.run(120);
    expect(world.releases).toEqual([]);
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
    expect(specOf(world.deployment)['paused']).not.toBe(true);
  });
});
