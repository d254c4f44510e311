import { describe, expect, it } from 'vitest';
import type { WorldOptions } from './fixtures.ts';
import { gatewayRouting } from './gateway-routing.ts';
import { happen } from './happenings.ts';
import { ISTIO_ROUTING, ON_TEST_HOST, type Routing, TESTERS } from './routing.ts';
import { ERRORS, images, metricOf, reach, started, watch } from './scene.ts';
import type { World } from './world.ts';

const DEADLINES = { start: '30s', step: '60s', promotion: '60s' };
const COMPARED = { ...ERRORS, maxIncrease: '2pp' };

/** A world whose releases are blue/green, judged against stable. */
async function blueGreen(given: object = {}, policy: object = {}, options: Partial<WorldOptions> = {}) {
  const scene = await started({
    ...options,
    policy: {
      steps: undefined,
      deadlines: DEADLINES,
      blueGreen: { scaleDownDelay: '10s', ...given },
      ...policy,
    },
  });
  scene.world.cluster.update('ClusterAnalysisTemplate', '', 'errors', (draft) => {
    draft['spec'] = { metrics: [COMPARED] };
  });
  return scene;
}

function approve(world: World, gate: string): void {
  world.editRelease((one) => {
    one['approvals'] = [...((one['approvals'] ?? []) as object[]), { gate, by: 'ana', onBehalfOf: '' }];
  });
}

const of = (world: World, image: string): number => images(world).filter((one) => one === image).length;

describe('blue/green', () => {
  it('has all pods of both versions, and switches in one step once a person approves', async () => {
    const { world, witness } = await blueGreen({}, { approval: { at: ['switch'] } });
    world.push('v2');
    await watch(world, witness, 30);
    expect(world.status()).toMatchObject({ stage: 'Loading', waitingFor: 'switch', weight: 0 });
    expect([of(world, 'v1'), of(world, 'v2')]).toEqual([3, 3]);
    approve(world, 'switch');
    const weights = new Set<number>();
    for (let tick = 0; world.status().phase !== 'Promoting' && tick < 200; tick++) {
      // oxlint-disable-next-line no-await-in-loop -- one tick after the other
      await watch(world, witness, 0.5);
      weights.add(world.status().weight ?? 0);
    }
    expect([...weights]).toEqual([100]);
    const trail = world.status().trail ?? [];
    const [switched, promoted] = ['Stepping.Analysing', 'Promoting.Sizing'].map((place) =>
      Date.parse(trail.find(({ phase }) => phase === place)?.at ?? ''),
    );
    expect((promoted ?? 0) - (switched ?? 0)).toBeGreaterThanOrEqual(10_000);
    await reach(world, witness, 'Promoted', 60);
    await watch(world, witness, 20);
    witness.end();
    expect(world.pods.loads.get('v2')).toBe(3);
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it('goes back in one step where the new version is bad after the switch', async () => {
    const { world, witness } = await blueGreen({ scaleDownDelay: '40s' });
    world.failures.set('v2', 0.2);
    world.push('v2');
    await world.until('the switch', () => world.status().weight === 100);
    await reach(world, witness, 'Aborting', 30);
    expect(of(world, 'v1')).toBe(3);
    await watch(world, witness, 1);
    expect([...world.flow.shares].map(([hash, share]) => [world.imageOf(hash), share])).toEqual([['v1', 1]]);
    await reach(world, witness, 'Aborted', 60);
    expect(world.status()).toMatchObject({ reason: 'AnalysisFailed' });
    witness.end();
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it('follows the size that an autoscaler gives the Deployment, before and after the switch', async () => {
    const { world, witness } = await blueGreen({ scaleDownDelay: '50s' }, { approval: { at: ['switch'] } });
    world.push('v2');
    await watch(world, witness, 10);
    happen('scaleUp', world, witness);
    await watch(world, witness, 10);
    expect([of(world, 'v1'), of(world, 'v2')]).toEqual([6, 6]);
    approve(world, 'switch');
    await world.until('the switch', () => world.status().weight === 100);
    happen('scaleDown', world, witness);
    await watch(world, witness, 5);
    expect([of(world, 'v1'), of(world, 'v2')]).toEqual([4, 4]);
    await reach(world, witness, 'Promoted', 90);
    witness.end();
    expect([witness.violations, of(world, 'v2')]).toEqual([[], 4]);
  });

  it('has a preview before the switch, which needs no requests, and counts stable meanwhile', async () => {
    const preview = { match: [TESTERS] };
    const { world, witness } = await blueGreen({ preview }, { approval: { at: ['switch'] } });
    world.push('v2');
    await world.until('the gate', () => world.status().waitingFor === 'switch');
    expect(world.status()).toMatchObject({
      stage: 'Analysing',
      weight: 0,
      stepText: '1/2 (preview)',
      replicas: 3,
    });
    await watch(world, witness, 10);
    expect(metricOf(world, 'error-rate')?.earlier?.blocks.length).toBeGreaterThan(0);
    approve(world, 'switch');
    await reach(world, witness, 'Promoted', 90);
    witness.end();
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it.each<[string, Routing]>([
    ['a VirtualService that is for it', ISTIO_ROUTING],
    ['an HTTPRoute of its own', gatewayRouting({ lagMs: 500, says: 'generation', hasHost: true })],
  ])('shows the new version to a host, by %s, which is as before after it', async (_by, routing) => {
    const { world, witness } = await blueGreen(
      { preview: ON_TEST_HOST },
      { approval: { at: ['switch'] } },
      { routing },
    );
    const written = (): unknown[] =>
      ['VirtualService', 'HTTPRoute'].flatMap((kind) => world.cluster.all(kind).map(({ spec }) => spec));
    const before = written();
    const share = (): number =>
      world.flow.shares.get(world.releases.at(-1)?.spec.canary.podTemplateHash ?? '') ?? 0;
    world.push('v2');
    await world.until('the gate', () => world.status().waitingFor === 'switch');
    await watch(world, witness, 3);
    expect(share()).toBeCloseTo(0.15);
    approve(world, 'switch');
    await world.until('the switch', () => world.status().weight === 100);
    await watch(world, witness, 3);
    expect(share()).toBe(1);
    happen('abort', world, witness);
    await reach(world, witness, 'Aborted', 60);
    expect([share(), written()]).toEqual([0, before]);
    witness.end();
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it.each(['Starting.Loading', 'Stepping.Analysing', 'Promoting.Updating'])(
    'is ended by a newer template in %s, which is released next',
    async (place) => {
      const { world, witness } = await blueGreen();
      world.push('v2');
      await reach(world, witness, place);
      happen('pushV3', world, witness);
      await world.until('v3 serves', () => of(world, 'v3') === 3 && world.place() === 'Promoted', 200);
      await watch(world, witness, 10);
      witness.end();
      expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
    },
  );

  it('promotes a Deployment with the strategy Recreate without stopping what serves', async () => {
    const { world, witness } = await blueGreen();
    happen('toRecreate', world, witness);
    world.push('v2');
    await reach(world, witness, 'Promoted', 120);
    await watch(world, witness, 10);
    witness.end();
    expect(world.pods.loads.get('v2')).toBe(3);
    expect([of(world, 'v2'), witness.violations, world.lostSeconds]).toEqual([3, [], 0]);
  });

  it('does not go back by itself once a Deployment with Recreate has the pods', async () => {
    const { world, witness } = await blueGreen();
    happen('toRecreate', world, witness);
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating', 120);
    world.failures.set('v2', 0.5);
    await reach(world, witness, 'Promoted', 120);
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it('waits in Pending for a metric that would have to be compared at the same time', async () => {
    const { world, witness } = await blueGreen();
    world.cluster.update('ClusterAnalysisTemplate', '', 'errors', (draft) => {
      draft['spec'] = {
        metrics: [
          COMPARED,
          {
            name: 'classes',
            maxIncrease: '5pp',
            drift: { counters: 'requests{hash="{{hash}}"}', label: 'class' },
          },
        ],
      };
    });
    world.push('v2');
    await watch(world, witness, 5);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'NothingBeside' });
    expect(world.status().message).toContain('metric classes (drift)');
  });
});
