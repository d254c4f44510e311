import { assert, asyncProperty, constantFrom, oneof, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownsFields } from '../../src/api/owned-fields.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import type { GatewayController } from './gateway-routing.ts';
import { plans } from './plans.ts';
import { play } from './play.ts';
import { POOL_ROUTES, poolRouting } from './pool-routing.ts';
import { runsOf } from './runs.ts';
import { reach, started, watch } from './scene.ts';

const RUNS = runsOf(30);

const controllers = oneof(
  record<GatewayController>({ lagMs: constantFrom(0, 500, 1_500), says: constantFrom('generation') }),
  record<GatewayController>({ lagMs: constantFrom(0), says: constantFrom('nothing') }),
);

describe('routes to an InferencePool', () => {
  it.each<[string, number]>([
    ['Promoted', 0.001],
    ['Aborted', 0.9],
  ])('are as the user wrote them after a release is %s, and no request was lost', async (end, failures) => {
    const { world, witness } = await started({ routing: poolRouting({ lagMs: 1_000, says: 'generation' }) });
    world.failures.set('v2', failures);
    world.push('v2');
    await world.until('the first weight', () => (world.status().weight ?? 0) > 0, 120);
    const pools = world.cluster.all('InferencePool').map(({ metadata }) => metadata.name);
    expect(pools.toSorted()).toEqual([NAME, `${NAME}-sluice-canary`, `${NAME}-sluice-stable`]);
    await reach(world, witness, end, 240);
    await watch(world, witness, 4);
    const route = world.cluster.get('HTTPRoute', NAMESPACE, NAME);
    expect(route?.['spec']).toEqual(POOL_ROUTES);
    expect(route !== null && ownsFields(route)).toBe(false);
    expect(world.cluster.all('InferencePool').map(({ metadata }) => metadata.name)).toEqual([NAME]);
    expect(world.lostSeconds).toBe(0);
    expect(witness.violations).toEqual([]);
  });

  it(
    'keep traffic safe in any sequence of happenings and faults, and leave nothing behind',
    async () => {
      await assert(
        asyncProperty(plans, controllers, async (plan, controller) => {
          expect(
            await play({ ...plan, first: [], sticky: false }, undefined, poolRouting(controller)),
          ).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    },
    RUNS * 3_000,
  );
});
