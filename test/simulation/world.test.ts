import { describe, expect, it } from 'vitest';
import { Witness } from './invariants.ts';
import { ROUTES } from './istio-hands.ts';
import { World } from './world.ts';

async function play(world: World, seconds: number, end: () => boolean): Promise<Witness> {
  const witness = new Witness(world);
  for (let i = 0; i < seconds * 2 && !end(); i++) {
    await world.step();
    witness.look();
  }
  await world.run(5);
  witness.end();
  return witness;
}

describe('a good release', () => {
  it.each([
    [{ replicas: 3 }, 3],
    [{ replicas: 1 }, 1],
    [{ replicas: 1, maxSurge: 0, maxUnavailable: 1 }, 1],
    [{ replicas: 10, maxSurge: 3 }, 10],
    [{ replicas: 10, maxSurge: '25%', maxUnavailable: '25%' }, 10],
    [{ replicas: 4, weights: [100] }, 4],
    [{ replicas: 4, maxSurge: 0, maxUnavailable: 1, weights: [50] }, 4],
    [{ replicas: 10, maxSurge: '100%', maxUnavailable: 0, weights: [10] }, 10],
  ])('is promoted with the pods that were analysed: %o', async (options, loads) => {
    const world = new World(options);
    await world.begin();
    world.eager = true;
    const before = world.pods.loads.get('v1');
    world.push('v2');
    const witness = await play(world, 200, () => world.place() === 'Promoted');
    expect(world.place()).toBe('Promoted');
    expect(witness.violations).toEqual([]);
    expect(world.pods.loads.get('v2')).toBe(loads);
    expect(world.pods.loads.get('v1')).toBe(before);
    expect(world.lostSeconds).toBe(0);
    expect(world.cluster.all('VirtualService')[0]?.['spec']).toEqual(ROUTES);
  });
});
