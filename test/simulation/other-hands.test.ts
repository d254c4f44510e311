import { describe, expect, it } from 'vitest';
import { NAME, NAMESPACE } from './fixtures.ts';
import { happen } from './happenings.ts';
import type { Witness } from './invariants.ts';
import { ROUTES } from './istio-hands.ts';
import {
  applyRoutes,
  applyStaleSplit,
  hideSubsets,
  relabelRule,
  renameRoute,
  replaceRule,
} from './other-hands.ts';
import { conditionOf, reach, routes, started, watch } from './scene.ts';
import type { World } from './world.ts';

type Hand = (world: World, witness: Witness) => void;

const HANDS: readonly [string, Hand][] = [
  ['renames a split route', renameRoute],
  ['takes the labels off our DestinationRule', (world) => relabelRule(world, {})],
  [
    'gives our DestinationRule to another Rollout',
    (world) =>
      relabelRule(world, {
        'app.kubernetes.io/managed-by': 'sluice',
        'sluice.dev/rollout': 'other',
        'sluice.dev/release': 'other-1',
      }),
  ],
  [
    'puts another DestinationRule in its place',
    (world, witness) => {
      replaceRule(world);
      witness.noteMeddling();
    },
  ],
  ['hides the subsets from some proxies', hideSubsets],
];

const canaryHash = (world: World): string => world.releases[0]?.spec.canary.podTemplateHash ?? '';
const canaryPods = (world: World): number =>
  world.pods.all.filter((pod) => pod.hash === canaryHash(world) && pod.stoppedAt === null).length;

/** What must hold once a release has ended: nothing of ours is left, whatever others have created. */
function expectCleared(world: World): void {
  expect(JSON.stringify(routes(world))).not.toContain('sluice-');
  const ours = world.cluster
    .all('DestinationRule')
    .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'sluice');
  expect(ours).toEqual([]);
}

async function atHalf(policy: Record<string, unknown> = {}): ReturnType<typeof started> {
  const scene = await started({ weights: [50], policy });
  scene.world.push('v2');
  await reach(scene.world, scene.witness, 'Stepping.Analysing');
  await watch(scene.world, scene.witness, 2);
  return scene;
}

describe('somebody in the middle of a release', () => {
  it.each(HANDS)('%s: no pod goes under traffic, and nothing of ours stays', async (_what, hand) => {
    const { world, witness } = await atHalf();
    hand(world, witness);
    await world.step();
    witness.look();
    if (world.status().phase === 'Stepping') happen('abort', world, witness);
    await reach(world, witness, 'Aborted');
    await watch(world, witness, 10);
    expectCleared(world);
    expect(witness.violations).toEqual([]);
  });

  it.each(HANDS)('%s while the abort drains: no pod goes under traffic', async (_what, hand) => {
    const { world, witness } = await atHalf();
    happen('abort', world, witness);
    await watch(world, witness, 1);
    hand(world, witness);
    await reach(world, witness, 'Aborted');
    await watch(world, witness, 10);
    expectCleared(world);
    expect(witness.violations).toEqual([]);
  });

  it.each(HANDS)('%s during the promotion: it ends with routes that serve', async (_what, hand) => {
    const { world, witness } = await started({ weights: [50] });
    world.push('v2');
    await reach(world, witness, 'Promoting.RestoringRoutes');
    hand(world, witness);
    await world.until('it has ended', () => ['Promoted', 'Aborted'].includes(world.place()));
    await watch(world, witness, 10);
    expectCleared(world);
    expect(witness.violations).toEqual([]);
  });
});

describe('a VirtualService that is put back as it is in Git', () => {
  it.each([1, 4, 7])('every %i s keeps an abort no longer than its deadline', async (seconds) => {
    const { world, witness } = await atHalf({
      deadlines: { drain: '20s' },
      analysis: {
        templates: [{ name: 'errors' }],
        interval: '5s',
        warmup: '1s',
        minRequests: 10,
        minWindows: 2,
        onTimeout: 'abort',
      },
    });
    happen('abort', world, witness);
    const began = world.now;
    while (canaryPods(world) > 0 && world.now - began < 120_000) {
      if ((world.now - began) % (seconds * 1_000) === 0) world.asSomebody(() => applyRoutes(world));
      await world.step();
    }
    expect((world.now - began) / 1_000).toBeLessThanOrEqual(23);
    await reach(world, witness, 'Aborted');
    expect(routes(world)).toEqual(ROUTES);
  });
});

/** Seconds from the last moment in which a route named the subsets to their removal. */
async function quietSeconds(world: World, end: string): Promise<number> {
  let named = world.now;
  await world.until('the subsets are gone', () => {
    if (JSON.stringify(routes(world)).includes('sluice-')) named = world.now;
    return world.cluster.all('DestinationRule').length === 0;
  });
  await world.until(end, () => world.place() === end);
  return (world.now - named) / 1_000;
}

describe('a stale copy of the split', () => {
  it.each([
    ['Aborting.RestoringRoutes', 'Aborted'],
    ['Promoting.Updating', 'Promoted'],
  ])('in %s or later keeps the subsets for as long as it may be in force', async (place, end) => {
    for (let after = 0; ; after += 0.5) {
      const { world, witness } = await started({ weights: [50] });
      world.push('v2');
      if (end === 'Aborted') {
        await reach(world, witness, 'Stepping.Analysing');
        happen('abort', world, witness);
      }
      await reach(world, witness, place);
      await watch(world, witness, after);
      if (world.cluster.all('DestinationRule').length === 0) return;
      const applied = world.now;
      world.asSomebody(() => applyStaleSplit(world));
      await quietSeconds(world, end);
      expect([after, world.now - applied >= 2_000]).toEqual([after, true]);
      await watch(world, witness, 5);
      expectCleared(world);
      expect(witness.violations).toEqual([]);
    }
  });

  it('that somebody keeps applying keeps the subsets, and the release in its end, which says so', async () => {
    const { world, witness } = await atHalf();
    happen('abort', world, witness);
    await reach(world, witness, 'Aborting.RestoringRoutes');
    for (let second = 0; second < 60; second++) {
      world.asSomebody(() => applyStaleSplit(world));
      witness.noteMeddling();
      // oxlint-disable-next-line no-await-in-loop -- one second after the other
      await watch(world, witness, 1);
    }
    expect(world.cluster.all('DestinationRule')).toHaveLength(1);
    expect(conditionOf(world.release() ?? null, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'RoutesContested',
    });
    await reach(world, witness, 'Aborted');
    await watch(world, witness, 10);
    expectCleared(world);
  });

  it('that came while the controller was away, as did the end of the update, keeps them too', async () => {
    const { world, witness } = await started({ weights: [50] });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    world.downUntil = world.now + 30_000;
    await watch(world, witness, 29);
    applyStaleSplit(world);
    await world.until('the controller is back', () => !JSON.stringify(routes(world)).includes('sluice-'));
    const healed = world.now;
    await world.until('the subsets are gone', () => world.cluster.all('DestinationRule').length === 0);
    expect(world.now - healed).toBeGreaterThanOrEqual(2_000);
  });

  it('while no release runs is healed, and told', async () => {
    const { world, witness } = await started();
    world.asSomebody(() => applyStaleSplit(world));
    await world.settle();
    expect(routes(world)).toEqual(ROUTES);
    await world.run(2);
    expect(world.flow.lost).toEqual([]);
    const told = world.cluster.recorded.filter(({ reason }) => reason === 'StaleRoute');
    expect(told.map(({ regarding }) => regarding.kind)).toEqual(['Rollout', 'Deployment']);
    expect(told[0]?.note).toContain(`VirtualService ${NAME}`);
    world.push('v2');
    await reach(world, witness, 'Promoted');
    expectCleared(world);
    expect(witness.violations).toEqual([]);
  });
});

describe('while no release has touched the routes', () => {
  it('a stale copy that comes while a release waits for its start is healed', async () => {
    const { world, witness } = await started({ policy: { approval: { at: ['start'] } } });
    world.push('v2');
    await reach(world, witness, 'Pending');
    await watch(world, witness, 2);
    world.asSomebody(() => applyStaleSplit(world));
    await world.settle();
    expect(routes(world)).toEqual(ROUTES);
    await watch(world, witness, 5);
    expect([witness.violations, world.place()]).toEqual([[], 'Pending']);
  });

  it.each([false, true])(
    'what a release that was torn away has left goes, the routes first (restarted: %s)',
    async (restarted) => {
      const { world } = await atHalf();
      const name = world.release()?.metadata.name ?? '';
      world.asSomebody(() => {
        world.cluster.update('Release', NAMESPACE, name, ({ metadata }) => {
          metadata.finalizers = [];
        });
        world.cluster.delete('Release', NAMESPACE, name);
        world.push('v1');
      });
      await world.settle();
      expect(JSON.stringify(routes(world))).not.toContain('sluice-');
      const healed = world.now;
      if (restarted) world.restart();
      await world.until('the subsets are gone', () => world.cluster.all('DestinationRule').length === 0);
      expect(world.now - healed).toBeGreaterThanOrEqual(2_000);
      await world.run(5);
      expectCleared(world);
      expect([world.releases, world.flow.lost]).toEqual([[], []]);
    },
  );
});
