import { assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Witness } from './invariants.ts';
import { runsOf } from './runs.ts';
import { World } from './world.ts';

const KINDS = [
  'Rollout',
  'Release',
  'Deployment',
  'ReplicaSet',
  'Service',
  'VirtualService',
  'DestinationRule',
  'ClusterAnalysisTemplate',
] as const;
const PLACES = [
  'Pending',
  'Starting.Preparing',
  'Starting.Routing',
  'Starting.Loading',
  'Stepping.Scaling',
  'Stepping.Shifting',
  'Stepping.Analysing',
  'Promoting.RestoringRoutes',
  'Promoting.Updating',
  'Promoting.CleaningUp',
] as const;

interface Plan {
  readonly kind: (typeof KINDS)[number];
  readonly place: (typeof PLACES)[number];
  /** How far the watch is behind: up to before the push, or shorter. */
  readonly ms: number | 'before the push';
  readonly catchesUpAfter: number;
}

/** A release that another replica continues at a place; what was wrong. */
async function play({ kind, place, ms, catchesUpAfter }: Plan): Promise<readonly string[]> {
  const world = new World({ weights: [10, 50] });
  await world.begin();
  const witness = new Witness(world);
  const pushedAt = world.now;
  world.push('v2');
  for (let tick = 0; tick < 200 && world.place() !== place; tick++) {
    await world.step();
    witness.look();
  }
  world.restart({ kind, ms: ms === 'before the push' ? world.now - pushedAt + 1_000 : ms });
  witness.blindUntil = Number.POSITIVE_INFINITY;
  for (let tick = 0; tick < catchesUpAfter; tick++) {
    await world.step();
    witness.look();
  }
  world.cluster.resumeWatch();
  witness.blindUntil = world.now + 5_000;
  for (let tick = 0; tick < 200; tick++) {
    await world.step();
    witness.look();
  }
  witness.end();
  const ends = world.releases.map(({ status }) => `${status?.phase} ${status?.reason}`);
  return [...witness.violations, ...(ends.join() === 'Promoted Promoted' ? [] : ends)];
}

const plans = (kind: Plan['kind']) =>
  record<Plan>({
    kind: constantFrom(kind),
    place: constantFrom(...PLACES),
    ms: constantFrom('before the push' as const, 'before the push' as const, 500, 2_000, 5_000),
    catchesUpAfter: integer({ min: 0, max: 12 }),
  });

describe('a replica whose watch of one kind is behind', () => {
  it.each(KINDS)(
    'ends no release by %ss from before it, and promotes it',
    async (kind) => {
      await assert(
        asyncProperty(plans(kind), async (plan) => {
          expect(await play(plan)).toEqual([]);
        }),
        { numRuns: runsOf(8) },
      );
    },
    300_000,
  );
});
