import { describe, expect, it } from 'vitest';
import { templateOf } from './fixtures.ts';
import { conditionOf, events, images, reach, rollout, started, watch, weights } from './scene.ts';
import type { World } from './world.ts';

/** Pushes a version whose pod template has so many bytes more. */
function pushLarge(world: World, image: string, bytes: number): void {
  const template = templateOf(image);
  const spec = template['spec'] as Record<string, unknown>;
  const containers = spec['containers'] as object[];
  spec['containers'] = containers.map((one) => ({
    ...one,
    env: [{ name: 'SCRIPT', value: 'x'.repeat(bytes) }],
  }));
  world.editDeployment((deployment) => void (deployment['template'] = template));
}

const whatIsSaid = (world: World) => [
  conditionOf(rollout(world), 'Ready'),
  conditionOf(world.deployment, 'SluiceReady'),
];

const bytesNow = (world: World): number => Buffer.byteLength(JSON.stringify(world.releases.at(-1)));

describe('what the API server cannot store', () => {
  it('is no Release: it is said on Rollout and Deployment, stable serves, and a smaller version is released', async () => {
    const { world, witness } = await started();
    pushLarge(world, 'v2', 600_000);
    await watch(world, witness, 60);
    for (const condition of whatIsSaid(world))
      expect(condition).toMatchObject({
        status: 'False',
        reason: 'ReleaseTooLarge',
        message: expect.stringContaining('move files and scripts out of the pod template'),
      });
    expect(events(world, 'Rollout')).toEqual(['ReleaseTooLarge']);
    expect(events(world, 'Deployment')).toEqual(['ReleaseTooLarge']);
    expect(world.releases).toEqual([]);
    expect(new Set(images(world))).toEqual(new Set(['v1']));
    world.push('v3');
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 5);
    expect(conditionOf(world.deployment, 'SluiceReady')).toBeUndefined();
    expect(witness.violations).toEqual([]);
  });

  it('is said, and tried again now and then, where the API server takes less than usual', async () => {
    const { world, witness } = await started();
    world.cluster.limit('Release', 500);
    world.cluster.writes.length = 0;
    world.push('v2');
    await watch(world, witness, 100);
    for (const condition of whatIsSaid(world))
      expect(condition).toMatchObject({
        status: 'False',
        reason: 'ReleaseRefused',
        message: expect.stringContaining('request is too large'),
      });
    expect(events(world, 'Rollout')).toEqual(['ReleaseRefused']);
    const written = world.cluster.writes.filter(({ object }) => object.kind === 'Rollout');
    expect(written.length).toBeLessThan(4);
    world.cluster.limit('Release', 1_500_000);
    await reach(world, witness, 'Promoted', 250);
    expect(witness.violations).toEqual([]);
  });

  it.each(['Stepping.Analysing', 'Promoting.Updating'])(
    'keeps no abort in %s from being written and done',
    async (place) => {
      const { world, witness } = await started();
      world.push('v2');
      await reach(world, witness, place);
      await watch(world, witness, place === 'Stepping.Analysing' ? 8 : 1);
      world.asSomebody(() => world.editRelease((spec) => void (spec['abort'] = { reason: 'a test' })));
      world.cluster.limit('Release', bytesNow(world) + 20);
      await reach(world, witness, 'Aborted', 200);
      expect(weights(world)).toEqual([undefined]);
      expect(witness.violations).toEqual([]);
    },
  );
});
