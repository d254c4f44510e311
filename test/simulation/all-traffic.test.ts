import { describe, expect, it } from 'vitest';
import { happen } from './happenings.ts';
import { ERRORS, events, metricOf, reach, routes, started, watch } from './scene.ts';
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

const COMPARED = { ...ERRORS, max: undefined, maxIncrease: '2pp' };
const DEADLINES = { start: '20s', step: '60s', promotion: '60s' };

/** A world whose releases are judged by their errors beyond stable's, at these weights. */
async function compared(weights: readonly number[]) {
  const scene = await started({ weights, policy: { deadlines: DEADLINES } });
  scene.world.cluster.update('ClusterAnalysisTemplate', '', 'errors', (draft) => {
    draft['spec'] = { metrics: [COMPARED] };
  });
  return scene;
}

describe('a canary that nothing is beside', () => {
  it.each([[[100]], [[50, 100]]])('is compared with what stable counted before: %s', async (weights) => {
    const { world, witness } = await compared(weights);
    world.failures.set('v1', 0.03);
    world.failures.set('v2', 0.03);
    world.push('v2');
    await world.until('all traffic', () => world.status().weight === 100);
    await reach(world, witness, 'Promoting', 60);
    expect(metricOf(world, 'error-rate')).toMatchObject({ verdict: 'pass' });
    expect(metricOf(world, 'error-rate')?.message).toContain('stable, which has no traffic now');
    await reach(world, witness, 'Promoted', 60);
    expect(witness.violations).toEqual([]);
  });

  it.each([[[100]], [[50, 100]]])('is rolled back where it turns bad: %s', async (weights) => {
    const { world, witness } = await compared(weights);
    world.push('v2');
    await world.until('all traffic', () => world.status().weight === 100);
    world.failures.set('v2', 0.2);
    await reach(world, witness, 'Aborted', 60);
    expect(world.status()).toMatchObject({ reason: 'AnalysisFailed' });
    expect(world.status().message).toContain('worse than stable was before');
    expect(witness.violations).toEqual([]);
  });

  it('waits for the requests of stable before it gets all traffic, and for a person where there are none', async () => {
    const { world, witness } = await compared([100]);
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    world.metrics.mode = 'noData';
    await watch(world, witness, 10);
    expect([world.place(), world.status().weight]).toEqual(['Starting.Loading', 0]);
    await watch(world, witness, 20);
    expect(world.status()).toMatchObject({ reason: 'StableUncounted', weight: 0 });
    expect(events(world, 'Release').filter((reason) => reason === 'StableUncounted')).toHaveLength(1);
    happen('promote', world, witness);
    await reach(world, witness, 'Promoted', 60);
    expect(witness.violations).toEqual([]);
  });
});
