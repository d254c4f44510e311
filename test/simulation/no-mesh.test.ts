import { describe, expect, it } from 'vitest';
import type { Release } from '../../src/api/release/release.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import { SERVICE_ROUTING } from './routing.ts';
import { conditionOf, ERRORS, images, reach, rollout, started, watch } from './scene.ts';
import type { World } from './world.ts';

type Started = Awaited<ReturnType<typeof started>>;

const noMesh = (options: object = {}): Promise<Started> => started({ routing: SERVICE_ROUTING, ...options });

/** Percent of the requests that v2 gets. */
const shareOf = (world: World): number =>
  Math.round(100 * (world.flow.shares.get(world.release('v2')?.spec.canary.podTemplateHash ?? '') ?? 0));

/** Percent that v2 gets until proxies know of the end, each value once; the status must say the same. */
async function shares({ world, witness }: Started, end: string): Promise<number[]> {
  const seen: number[] = [];
  world.push('v2');
  const look = (): void => {
    witness.look();
    const share = shareOf(world);
    if (seen.at(-1) !== share) seen.push(share);
  };
  await world.until(end, () => {
    look();
    return world.place() === end;
  });
  await world.run(1);
  look();
  return seen;
}

const messages = ({ status }: Release): string[] => status?.messages?.map(({ text }) => text) ?? [];

describe('without a mesh', () => {
  it('a good version gets the share of its pods, and then all of it by the rolling update', async () => {
    const scene = await noMesh();
    const { world, witness } = scene;
    expect(await shares(scene, 'Promoted')).toEqual([0, 25, 33, 50, 67, 75, 100]);
    const release = world.release('v2') as Release;
    expect(release.spec).toMatchObject({ shares: 'pods', policy: { steps: [{ weight: 25 }] } });
    expect(messages(release)[0]).toContain(
      '10 %, 25 % and 50 % are one step of 25 % (1 of 4 pods; maxSurge 1 allows no more)',
    );
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it('each step has the pods that it takes, and its traffic is what the status says', async () => {
    const { world, witness } = await noMesh({ replicas: 6, maxSurge: 6 });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    for (const [weight, pods] of [
      [14, 1],
      [25, 2],
      [50, 6],
    ] as const) {
      await world.until(`${weight} %`, () => world.status().weight === weight && shareOf(world) === weight);
      expect(images(world).filter((image) => image === 'v2')).toHaveLength(pods);
    }
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('a bad version loses its traffic with its pods, without a drain', async () => {
    const scene = await noMesh();
    const { world, witness } = scene;
    world.failures.set('v2', 0.5);
    expect(await shares(scene, 'Aborted')).toEqual([0, 25, 0]);
    const release = world.release('v2') as Release;
    const at = (place: string): number =>
      Date.parse(release.status?.trail?.find(({ phase }) => phase === place)?.at ?? '');
    expect(at('Aborting.Removing')).toBe(at('Aborting.Draining'));
    await watch(world, witness, 5);
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it('a version that turns bad in the rolling update goes back, judged by its pods', async () => {
    const { world, witness } = await noMesh({ replicas: 6, loadMs: 4_000 });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    await world.until('a third', () => shareOf(world) >= 33);
    world.failures.set('v2', 0.5);
    await reach(world, witness, 'Aborting.ReturningToStable');
    await reach(world, witness, 'Aborted');
    await watch(world, witness, 5);
    expect(new Set(images(world))).toEqual(new Set(['v1']));
    expect(witness.violations).toEqual([]);
  });

  it('the gate of the first step comes before its pods, for as long as it takes', async () => {
    const { world, witness } = await noMesh({ policy: { approval: { at: ['10'] } } });
    world.push('v2');
    await watch(world, witness, 60);
    expect([world.place(), world.status().waitingFor, images(world)]).toEqual([
      'Pending',
      '25',
      ['v1', 'v1', 'v1'],
    ]);
    world.editRelease((spec) => {
      spec['approvals'] = [{ gate: '25', by: 'ana' }];
    });
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('checks are made while its pods have traffic, which is judged meanwhile', async () => {
    const { world, witness } = await noMesh();
    const request = { method: 'POST', path: '/predict', body: '{}' };
    const cases = [{ name: 'a-cat', request, expect: { fields: [{ path: 'class', equals: 'cat' }] } }];
    world.cluster.update('ClusterAnalysisTemplate', '', 'errors', (draft) => {
      draft['spec'] = { metrics: [ERRORS, { name: 'answers', golden: { cases } }] };
    });
    world.answer = () => 'it does not answer';
    world.failures.set('v2', 0.5);
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    await world.until('traffic', () => world.status().weight === 25);
    await reach(world, witness, 'Aborted');
    const release = world.release('v2') as Release;
    expect(release.status?.reason).toBe('AnalysisFailed');
    expect(release.status?.trail?.map(({ phase }) => phase)).not.toContain('Stepping.Analysing');
  });

  it.each([
    ['autoSteps', { steps: undefined, autoSteps: {} }, 'autoSteps: '],
    ['canary.connect', { canary: { connect: {} } }, 'canary.connect: '],
    ['canary.warmUp', { canary: { warmUp: {} } }, 'canary.warmUp: '],
  ])('%s is refused with the field and the fix', async (_what, policy, field) => {
    const { world, witness } = await noMesh({ policy });
    world.push('v2');
    await watch(world, witness, 3);
    expect([world.place(), world.status().reason]).toEqual(['Pending', 'NeedsWeights']);
    expect(conditionOf(rollout(world), 'Progressing')?.message).toContain(field);
  });

  it.each([
    ['match', [{ match: [{ headers: { tester: { exact: 'yes' } } }] }, { weight: 25 }]],
    ['mirror', [{ mirror: 20 }, { weight: 25 }]],
  ])('a step with a %s is refused, and never left out', async (what, steps) => {
    const { world, witness } = await noMesh({ policy: { steps } });
    world.push('v2');
    await watch(world, witness, 5);
    expect(world.place()).toBe('Pending');
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    expect(conditionOf(rollout(world), 'Progressing')?.message).toContain(what);
  });

  it('a Service that no longer selects the pods ends the release', async () => {
    const { world, witness } = await noMesh();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.asSomebody(() =>
      world.cluster.update(
        'Service',
        NAMESPACE,
        NAME,
        (draft) => (draft['spec'] = { selector: { app: 'other' } }),
      ),
    );
    await reach(world, witness, 'Aborted');
    expect(world.status()).toMatchObject({ reason: 'ServiceNotFound' });
  });

  it('pods follow the size of the Deployment', async () => {
    const { world, witness } = await noMesh({ replicas: 4, maxSurge: '50%', weights: [25] });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.metrics.mode = 'noData';
    expect(world.status()).toMatchObject({ replicas: 1, weight: 20, stepText: '1/1 (20 %)' });
    world.scale(12);
    await world.until('three', () => world.status().replicas === 3 && world.status().weight === 20);
    expect(witness.violations).toEqual([]);
  });
});
