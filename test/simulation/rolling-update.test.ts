import { describe, expect, it } from 'vitest';
import type { Release } from '../../src/api/release/release.ts';
import { UPDATE } from './play.ts';
import { SERVICE_ROUTING } from './routing.ts';
import { images, reach, started, watch } from './scene.ts';
import type { World } from './world.ts';

type Started = Awaited<ReturnType<typeof started>>;

const updating = (options: { readonly policy?: object } & Record<string, unknown> = {}): Promise<Started> =>
  started({ routing: SERVICE_ROUTING, ...options, policy: { ...UPDATE, ...options.policy } });

/** Most pods at a time until the end. */
async function most({ world, witness }: Started, end: string): Promise<number> {
  let count = 0;
  await world.until(end, () => {
    witness.look();
    count = Math.max(count, images(world).length);
    return world.place() === end;
  });
  return count;
}

const places = (world: World): string[] =>
  world.release('v2')?.status?.trail?.map(({ phase }) => phase) ?? [];

/** In the native update, once so many of six pods are v2's. */
async function inTheMiddle(pods: number): Promise<Started> {
  const scene = await updating({ replicas: 6, loadMs: 4_000 });
  const { world, witness } = scene;
  world.push('v2');
  await reach(world, witness, 'Promoting.Updating');
  await world.until('pods of v2', () => images(world).filter((image) => image === 'v2').length >= pods);
  return scene;
}

describe('a guarded rolling update', () => {
  it('judges the first pods, and then the others follow, with no more pods than the update itself', async () => {
    const scene = await updating();
    const { world, witness } = scene;
    world.push('v2');
    expect(await most(scene, 'Promoted')).toBe(4);
    const { spec, status } = world.release('v2') as Release;
    expect(spec.policy).toMatchObject({ steps: [{ weight: 25 }], traffic: { none: {} } });
    expect(spec.policy.rollingUpdate).toBeUndefined();
    expect(status?.messages?.[0]?.text).toContain(
      'rollingUpdate: first 1 new pod is judged beside 3 (maxSurge 1), 25 % of the traffic; then the others follow',
    );
    expect(witness.violations).toEqual([]);
  });

  it('takes no pod more where the first one is borrowed', async () => {
    const scene = await updating({ policy: { canary: { mode: 'borrow' } } });
    scene.world.push('v2');
    expect(await most(scene, 'Promoted')).toBe(3);
    expect(scene.witness.violations).toEqual([]);
  });

  it('ends with its first pods where they are bad, and no other was touched', async () => {
    const { world, witness } = await updating();
    const before = world.pods.all.map(({ name }) => name);
    world.failures.set('v2', 0.5);
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(places(world)).not.toContain('Promoting.Sizing');
    const serving = world.pods.all.filter(({ stoppedAt }) => stoppedAt === null).map(({ name }) => name);
    expect(serving).toEqual(before);
    expect(witness.violations).toEqual([]);
  });

  it('stops and goes back where its pods turn bad in the middle', async () => {
    const { world, witness } = await inTheMiddle(3);
    world.failures.set('v2', 0.5);
    await reach(world, witness, 'Aborted');
    expect(places(world)).toContain('Aborting.ReturningToStable');
    await watch(world, witness, 5);
    expect(images(world)).toEqual(Array(6).fill('v1'));
    expect(witness.violations).toEqual([]);
  });

  it('is paused between two pods by a person, as long as that lasts', async () => {
    const { world, witness } = await inTheMiddle(2);
    world.editRelease((spec) => {
      spec['paused'] = true;
    });
    await watch(world, witness, 5);
    const there = images(world).toSorted();
    await watch(world, witness, 60);
    expect([images(world).toSorted(), world.status().reason]).toEqual([there, 'Paused']);
    expect(new Set(there)).toEqual(new Set(['v1', 'v2']));
    world.editRelease((spec) => {
      spec['paused'] = false;
    });
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('goes back from a pause where its pods turn bad', async () => {
    const { world, witness } = await inTheMiddle(2);
    world.editRelease((spec) => {
      spec['paused'] = true;
    });
    await watch(world, witness, 5);
    world.failures.set('v2', 0.5);
    await reach(world, witness, 'Aborted');
    expect(images(world)).toEqual(Array(6).fill('v1'));
    expect(witness.violations).toEqual([]);
  });

  it('needs no Service', async () => {
    const { world, witness } = await updating();
    world.cluster.delete('Service', 'shop', 'model');
    world.push('v2');
    await reach(world, witness, 'Promoted');
    expect(new Set(images(world))).toEqual(new Set(['v2']));
  });

  it('is refused without room for its first pods', async () => {
    const { world, witness } = await updating({ maxSurge: 0, maxUnavailable: 1 });
    world.push('v2');
    await watch(world, witness, 3);
    expect([world.place(), world.status().reason]).toEqual(['Pending', 'UpdateNeedsSurge']);
    world.editDeployment((spec) => {
      spec['strategy'] = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    });
    await reach(world, witness, 'Promoted');
  });
});
