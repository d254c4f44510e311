import { assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HappeningName, happen } from './happenings.ts';
import type { Witness } from './invariants.ts';
import { runsOf } from './runs.ts';
import { conditionOf, reach, routes, started, watch } from './scene.ts';
import type { World } from './world.ts';

/** Drain, and its length if the canary's traffic is unknown, in the policy of the world. */
const [DRAIN_MS, UNSEEN_MS] = [2_000, 6_000];
/** Time that the proxies take by themselves. */
const PROXY_MS = 1_000;

const canaryPods = (world: World): number => {
  const hash = world.releases[0]?.spec.canary.podTemplateHash;
  return world.pods.all.filter((pod) => pod.hash === hash && pod.stoppedAt === null).length;
};
const isRouted = (world: World): boolean => JSON.stringify(routes(world)).includes('sluice-canary');

/** Until every proxy has the weight of the step. */
async function exposed(world: World, witness: Witness): Promise<void> {
  await reach(world, witness, 'Stepping.Analysing');
  await watch(world, witness, PROXY_MS / 1_000);
}

const ENDS = ['abort', 'pushV3', 'revert', 'deleteRollout', 'deleteRelease', 'optOut'] as const;

interface Plan {
  readonly end: HappeningName;
  readonly weight: 10 | 50;
  /** Ticks in the step before the end. */
  readonly after: number;
  /** Time in which no proxy receives updates, milliseconds. */
  readonly lagMs: number;
  readonly metrics: 'ok' | 'noData' | 'error' | 'hanging';
  /** Tick after the end at which the controller is restarted. */
  readonly restart: number;
}

const plans = record<Plan>({
  end: constantFrom(...ENDS),
  weight: constantFrom(10, 50),
  after: integer({ min: 0, max: 5 }),
  lagMs: integer({ min: 0, max: 20_000 }),
  metrics: constantFrom('ok', 'ok', 'noData', 'error', 'hanging'),
  restart: integer({ min: 0, max: 60 }),
}).filter(({ metrics, lagMs }) => metrics === 'ok' || lagMs <= UNSEEN_MS - PROXY_MS - 1_000);

async function play({ end, weight, after, lagMs, metrics, restart }: Plan): Promise<readonly string[]> {
  const { world, witness } = await started({ weights: [weight] });
  world.push('v2');
  await exposed(world, witness);
  await watch(world, witness, after / 2);
  world.metrics.mode = metrics;
  world.mesh.deafUntil = world.now + lagMs;
  happen(end, world, witness);
  await world.settle();
  // The API server has weight 0 at once, whatever the proxies and the metrics do.
  expect(isRouted(world)).toBe(false);
  for (let tick = 0; tick < 160; tick++) {
    if (tick === restart) world.restart();
    await world.step();
    witness.look();
    if (tick > 2 * (lagMs / 1_000) + 30) world.metrics.mode = 'ok';
  }
  witness.end();
  return witness.violations;
}

describe('proxies that hear of weight 0 late', () => {
  it('have the canary pods until they have heard of it, wherever that can be observed', async () => {
    await assert(
      asyncProperty(plans, async (plan) => {
        expect(await play(plan)).toEqual([]);
      }),
      { numRuns: runsOf(40) },
    );
  }, 60_000);

  it('are waited for with a warning, and not beyond the deadline', async () => {
    const { world, witness } = await started({ policy: { deadlines: { drain: '20s' } } });
    world.push('v2');
    await exposed(world, witness);
    world.mesh.deafUntil = Number.POSITIVE_INFINITY;
    const began = world.now;
    happen('abort', world, witness);
    await world.until(
      'it is reported',
      () => world.status().messages?.some(({ reason }) => reason === 'DrainWaiting') === true,
    );
    expect(conditionOf(world.release() ?? null, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'DrainWaiting',
    });
    expect([canaryPods(world), world.status().reason]).toEqual([1, 'AbortRequested']);
    await world.until('the pods are gone', () => canaryPods(world) === 0);
    expect(world.now - began).toBeLessThan(22_000);
    const told = world.status().messages?.map(({ reason }) => reason);
    expect(told).toEqual(expect.arrayContaining(['DrainWaiting', 'DrainDeadline']));
  });
});

describe('a control plane that gathers changes into one push', () => {
  const drains = ['0s', '2s', '10s'];
  const gathers = [0, 500, 1_000];
  const rows = drains.flatMap((drain) => gathers.map((gathersMs) => ({ drain, gathersMs })));

  it.each(rows)('takes no subset from under a route: drain $drain, $gathersMs ms', async (row) => {
    const { world, witness } = await started({ policy: { drain: row.drain } });
    world.mesh.gathersMs = row.gathersMs;
    world.push('v2');
    await exposed(world, witness);
    happen('abort', world, witness);
    await reach(world, witness, 'Aborted');
    world.push('v3');
    await reach(world, witness, 'Promoted');
    await watch(world, witness, 5);
    witness.end();
    expect(witness.violations).toEqual([]);
  });
});

describe('the canary pods of an abort are gone', () => {
  const secondsOf = async (mode: Plan['metrics'], policy: Record<string, unknown> = {}): Promise<number> => {
    const { world, witness } = await started({ policy });
    world.push('v2');
    await exposed(world, witness);
    await world.run(4);
    world.metrics.mode = mode;
    const began = world.now;
    happen('abort', world, witness);
    await world.until('the pods are gone', () => canaryPods(world) === 0);
    return (world.now - began) / 1_000;
  };

  it.each<[Plan['metrics'], number]>([
    ['ok', 5],
    ['noData', UNSEEN_MS / 1_000 + 1],
    ['error', UNSEEN_MS / 1_000 + 1],
    ['hanging', UNSEEN_MS / 1_000 + 2],
  ])('soon where the metrics are %s', async (mode, seconds) => {
    expect(await secondsOf(mode)).toBeLessThanOrEqual(seconds);
  });

  it('after the drain where nobody is to look', async () => {
    expect(await secondsOf('ok', { deadlines: { drain: '0s' } })).toBeLessThanOrEqual(DRAIN_MS / 1_000 + 1);
  });
});
