import { describe, expect, it } from 'vitest';
import { happen } from './happenings.ts';
import { reach, routes, started, watch } from './scene.ts';
import type { World } from './world.ts';

const WHOLE = { weights: [50, 100] };

/** Share of all requests that pods of an image get. */
function shareOf(world: World, image: string): number {
  return [...world.flow.shares]
    .filter(([hash]) => world.imageOf(hash) === image)
    .reduce((sum, [, share]) => sum + share, 0);
}

const isSplit = (world: World): boolean => JSON.stringify(routes(world)).includes('sluice-canary');

describe('a canary with all traffic', () => {
  it.each([
    { replicas: 1, maxSurge: 1 },
    { replicas: 3, maxSurge: 1 },
    { replicas: 4, maxSurge: 0, maxUnavailable: 1 },
    { replicas: 6, maxSurge: 3 },
  ])('keeps it through its promotion, until no pod of stable is left: %o', async (size) => {
    const { world, witness } = await started({ ...WHOLE, ...size });
    world.push('v2');
    await reach(world, witness, 'Promoting');
    const shares = new Set<number>();
    while (!world.place().startsWith('Promoted')) {
      // oxlint-disable-next-line no-await-in-loop -- one tick after the other
      await watch(world, witness, 0.5);
      shares.add(shareOf(world, 'v1'));
    }
    await watch(world, witness, 20);
    witness.end();
    expect([...shares]).toEqual([0]);
    expect(world.status().trail?.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(['Promoting.HandingOver', 'Promoting.Updating', 'Promoting.Unsplitting']),
    );
    expect(world.pods.loads.get('v2')).toBe(size.replicas);
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it('shares it with stable where none of its pods is ready in the update', async () => {
    const policy = { canary: { replicas: 1 } };
    const { world, witness } = await started({ ...WHOLE, replicas: 4, loadMs: 8_000, policy });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    await watch(world, witness, 1);
    expect(isSplit(world)).toBe(true);
    happen('canaryFlaps', world, witness);
    await watch(world, witness, 0.5);
    expect(isSplit(world)).toBe(false);
    await watch(world, witness, 3);
    expect(isSplit(world)).toBe(true);
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 20);
    witness.end();
    expect(witness.violations).toEqual([]);
  });

  it.each(['Stepping.Analysing', 'Promoting.Updating', 'Promoting.Unsplitting'])(
    'is given back to stable, or promoted where that is over, after an abort in %s',
    async (place) => {
      const { world, witness } = await started({ ...WHOLE, replicas: 3 });
      world.push('v2');
      await world.until('all traffic', () => world.status().weight === 100);
      await reach(world, witness, place);
      happen('abort', world, witness);
      const end = place === 'Promoting.Unsplitting' ? 'Promoted' : 'Aborted';
      await reach(world, witness, end, 200);
      await watch(world, witness, 20);
      witness.end();
      expect(shareOf(world, end === 'Promoted' ? 'v2' : 'v1')).toBeCloseTo(1);
      expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
    },
  );
});
