import { assert, asyncProperty, boolean, constantFrom, oneof, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import { ownsFields } from '../../src/api/owned-fields.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import { GATEWAY_ROUTES } from './gateway-hands.ts';
import { type GatewayController, gatewayRouting } from './gateway-routing.ts';
import { happen } from './happenings.ts';
import { plans } from './plans.ts';
import { type Plan, play } from './play.ts';
import { TESTERS } from './routing.ts';
import { runsOf } from './runs.ts';
import { conditionOf, reach, started, watch } from './scene.ts';
import type { World } from './world.ts';

const RUNS = runsOf(40);

/** A controller that does not say what it has taken is as quick as `settle` says. */
const controllers = oneof(
  record<GatewayController>({
    lagMs: constantFrom(0, 500, 1_500),
    says: constantFrom('generation'),
    hasHost: boolean(),
  }),
  record<GatewayController>({ lagMs: constantFrom(0), says: constantFrom('nothing'), hasHost: boolean() }),
);

const routeOf = (world: World): KubeObject => {
  const route = world.cluster.get('HTTPRoute', NAMESPACE, NAME);
  if (route === null) throw new Error('there is no route');
  return route;
};

const weightsOf = (world: World): unknown[] => {
  const [rule] = (routeOf(world)['spec'] as { rules: { backendRefs: { weight: number }[] }[] }).rules;
  return rule?.backendRefs.map(({ weight }) => weight).filter((weight) => weight > 0) ?? [];
};

describe('routes of the Gateway API', () => {
  it.each<[string, number]>([
    ['Promoted', 0.001],
    ['Aborted', 0.9],
  ])('are as the user wrote them after a release is %s, and no request was lost', async (end, failures) => {
    const { world, witness } = await started({
      routing: gatewayRouting({ lagMs: 1_000, says: 'generation' }),
    });
    world.failures.set('v2', failures);
    world.push('v2');
    await reach(world, witness, end, 240);
    await watch(world, witness, 4);
    expect(routeOf(world)['spec']).toEqual(GATEWAY_ROUTES);
    expect(ownsFields(routeOf(world))).toBe(false);
    expect(world.cluster.all('Service').map(({ metadata }) => metadata.name)).toEqual([NAME]);
    expect(world.lostSeconds).toBe(0);
    expect(witness.violations).toEqual([]);
  });

  it('are corrected when a GitOps tool applies them in the middle of a release', async () => {
    const { world, witness } = await started({ routing: gatewayRouting({ lagMs: 0, says: 'generation' }) });
    world.push('v2');
    await world.until('25', () => world.status().weight === 25);
    world.asSomebody(() => world.options.routing.hands?.applyRoutes(world.cluster));
    witness.noteMeddling();
    await world.settle();
    expect(weightsOf(world)).toEqual([75, 25]);
  });

  it('are not judged by before their controller has taken the weight', async () => {
    const { world, witness } = await started({
      routing: gatewayRouting({ lagMs: 12_000, says: 'generation' }),
    });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing', 120);
    await watch(world, witness, 11);
    expect(weightsOf(world)).toEqual([90, 10]);
    const said = conditionOf(world.release('v2') ?? null, 'Progressing');
    expect(said?.reason).toBe('RoutesNotTaken');
    expect(said?.message).toContain('the controller of Gateway edge has not taken HTTPRoute model as it is');
    expect(world.status().analysis?.windows).toBe(0);
    await world.until('the next step', () => world.status().step === 1, 60);
  });

  it('have a rule for a match and a mirror for copies while their steps last, and nothing of them after an abort', async () => {
    const { world, witness } = await started({
      routing: gatewayRouting({ lagMs: 0, says: 'generation' }),
      policy: { steps: [{ match: [TESTERS] }, { mirror: 20 }, { weight: 50 }] },
    });
    const counts = (): unknown[] => {
      const { rules } = routeOf(world)['spec'] as { rules: { filters?: unknown[] }[] };
      return rules.map(({ filters = [] }) => filters.length);
    };
    const canary = (): number =>
      world.flow.shares.get(world.releases.at(-1)?.spec.canary.podTemplateHash ?? '') ?? 0;
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    expect([counts(), world.status().stepText]).toEqual([[0, 0], '1/3 (match)']);
    expect(canary()).toBeCloseTo(0.15);
    await world.until('the mirror', () => world.status().mirror === 20);
    await watch(world, witness, 2);
    expect(counts()).toEqual([0, 1]);
    expect(canary()).toBeCloseTo(0.15);
    world.cluster.writes.length = 0;
    happen('abort', world, witness);
    await reach(world, witness, 'Aborting');
    const written = world.cluster.writes.filter(({ object }) => object.kind === 'HTTPRoute');
    expect(written).toHaveLength(1);
    expect(counts()).toEqual([0]);
    await reach(world, witness, 'Aborted');
    expect(routeOf(world)['spec']).toEqual(GATEWAY_ROUTES);
    expect(witness.violations).toEqual([]);
  });

  it('keep clients with their version by cookies, and have nothing of them after an abort, by its first write', async () => {
    const { world, witness } = await started({
      routing: gatewayRouting({ lagMs: 0, says: 'generation' }),
      policy: { steps: [{ weight: 10 }, { weight: 50 }], sticky: { cookie: 'sv' } },
    });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    expect((routeOf(world)['spec'] as { rules: unknown[] }).rules).toHaveLength(3);
    expect(JSON.stringify(routeOf(world))).toMatch(/"value":"sv=[a-z0-9]+\.10; Path=\/; Max-Age=86400/);
    happen('abort', world, witness);
    await reach(world, witness, 'Aborting');
    expect(JSON.stringify(routeOf(world)['spec'])).not.toMatch(/Set-Cookie|RegularExpression/);
    await reach(world, witness, 'Aborted');
    expect(routeOf(world)['spec']).toEqual(GATEWAY_ROUTES);
    expect(witness.violations).toEqual([]);
  });

  it('are in force again before our Services go, also where they could not be written for a while', async () => {
    const plan: Plan = {
      replicas: 1,
      weights: [10, 50],
      maxSurge: 0,
      maxUnavailable: 0,
      onAbort: 'hold',
      onNewRevision: 'supersede',
      failures: 0.5,
      warmUp: false,
      unreadable: 0,
      eager: false,
      // For longer than an abort waits for a data plane to take them.
      happenings: [
        { what: 'pause', at: 25, inPass: false },
        { what: 'routesRefused', at: 32, inPass: false },
      ],
      fates: [],
    };
    expect(await play(plan, undefined, gatewayRouting({ lagMs: 0, says: 'generation' }))).toEqual([]);
  });

  it(
    'keep traffic safe in any sequence of happenings and faults, and leave nothing behind',
    async () => {
      await assert(
        asyncProperty(plans, controllers, async (plan, controller) => {
          expect(await play(plan, undefined, gatewayRouting(controller))).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    },
    RUNS * 3_000,
  );
});
