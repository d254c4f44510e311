import { describe, expect, it } from 'vitest';
import { OPT_IN } from '../../src/workload/workload.ts';
import { NAME, NAMESPACE, type WorldOptions } from './fixtures.ts';
import { happen } from './happenings.ts';
import { Witness } from './invariants.ts';
import { conditionOf, events, images, reach, rollout, specOf, started, watch } from './scene.ts';
import type { World } from './world.ts';

const ALL_V1 = ['v1', 'v1', 'v1'];
const ALL_V2 = ['v2', 'v2', 'v2'];

interface Scene {
  readonly world: World;
  readonly witness: Witness;
}

/** Scaled to 0 for a while, and up again, with the invariants checked. */
async function sleep({ world, witness }: Scene, replicas = 3): Promise<void> {
  happen('scaleToNothing', world, witness);
  await watch(world, witness, 8);
  expect(world.pods.readyOfHash(world.stableHash(), world.now)).toEqual([]);
  world.scale(replicas);
  await watch(world, witness, 12);
}

/** v1 is stable, though the ReplicaSet of v2 is newer: the update to v2 was in progress when v2 was rolled back. */
async function takenBack(options: Partial<WorldOptions> = {}): Promise<Scene> {
  const scene = await started(options);
  const { world, witness } = scene;
  world.push('v2');
  await reach(world, witness, 'Promoting.Updating');
  happen('abort', world, witness);
  await reach(world, witness, 'Aborted');
  return scene;
}

/** v2 is stable, and there is an older ReplicaSet of v1. */
async function promoted(options: Partial<WorldOptions> = {}): Promise<Scene> {
  const scene = await started(options);
  scene.world.push('v2');
  if (options.policy !== undefined) {
    await reach(scene.world, scene.witness, 'Pending');
    scene.world.editRelease((spec) => {
      spec['approvals'] = [{ gate: 'start', by: 'ana', onBehalfOf: '' }];
    });
  }
  await reach(scene.world, scene.witness, 'Promoted');
  return scene;
}

/** The newest version is bad, and is rolled back. */
async function rejected({ world, witness }: Scene, image: string): Promise<void> {
  world.failures.set(image, 0.5);
  world.push(image);
  await reach(world, witness, 'Stepping');
  await reach(world, witness, 'Aborted');
}

const setOf = (world: World, image: string) =>
  world.cluster
    .all('ReplicaSet', NAMESPACE)
    .find((set) => JSON.stringify(set['spec']).includes(`"image":"${image}"`));

const limitHistory = (world: World, revisionHistoryLimit: number): void =>
  world.editDeployment((spec) => {
    spec['revisionHistoryLimit'] = revisionHistoryLimit;
  });

describe('a Deployment that is held, scaled to nothing and up again, serves stable', () => {
  it('and not a version that was rolled back from its update', async () => {
    const scene = await takenBack();
    const { world, witness } = scene;
    await rejected(scene, 'v3');
    const stable = world.stableHash();
    await sleep(scene);
    expect(images(world)).toEqual(ALL_V1);
    expect(world.stableHash()).toBe(stable);
    expect(witness.violations).toEqual([]);
  });

  it('and not an earlier version that was pushed again and rejected', async () => {
    const scene = await promoted();
    await rejected(scene, 'v1');
    await sleep(scene);
    expect(images(scene.world)).toEqual(ALL_V2);
    expect(scene.witness.violations).toEqual([]);
  });

  it('and not a version whose start nobody has approved', async () => {
    const scene = await promoted({ policy: { approval: { at: ['start'] } } });
    const { world, witness } = scene;
    world.push('v1');
    await reach(world, witness, 'Pending');
    await sleep(scene);
    expect([world.place(), world.status().reason]).toEqual(['Pending', 'WaitingForApproval']);
    expect(images(world)).toEqual(ALL_V2);
  });

  it.each(['Starting.Loading', 'Stepping.Analysing'])('in %s, too', async (place) => {
    const scene = await takenBack();
    const { world, witness } = scene;
    world.loadMs.set('v3', 15_000);
    world.push('v3');
    await reach(world, witness, place);
    await sleep(scene);
    expect(images(world).filter((image) => image === 'v1')).toEqual(ALL_V1);
    await reach(world, witness, 'Promoted', 200);
    expect(witness.violations).toEqual([]);
  });

  it('although the other version has pods already when it is seen', async () => {
    const scene = await takenBack();
    const { world, witness } = scene;
    await rejected(scene, 'v3');
    happen('scaleToNothing', world, witness);
    await watch(world, witness, 8);
    // Returned to the Deployment by somebody, and scaled up while the controller is down.
    const set = setOf(world, 'v2');
    world.downUntil = world.now + 15_000;
    world.cluster.update('ReplicaSet', NAMESPACE, set?.metadata.name ?? '', (draft) => {
      const { metadata } = (draft['spec'] as { template: { metadata: { labels: Record<string, string> } } })
        .template;
      draft.metadata.labels = metadata.labels;
      draft.metadata.ownerReferences = [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: NAME,
          uid: world.deployment?.metadata.uid ?? '',
          controller: true,
        },
      ];
    });
    world.scale(3);
    await world.run(10);
    expect(images(world)).toEqual(ALL_V2);
    await world.run(15);
    expect(images(world)).toEqual(ALL_V1);
    expect(events(world, 'Rollout')).toContain('StrayPods');
  });

  it('and that is what somebody released by hand while the controller was down', async () => {
    const { world } = await started();
    world.downUntil = world.now + 30_000;
    world.push('v2');
    happen('optOutAndResume', world, new Witness(world));
    await world.run(20);
    expect(images(world)).toEqual(ALL_V2);
    world.editDeployment((_spec, { metadata }) => {
      delete metadata.annotations?.[OPT_IN];
    });
    world.push('v3');
    await world.until('a Release', () => world.releases.length === 1);
    expect(world.imageOf(world.releases[0]?.spec.stable.podTemplateHash ?? '')).toBe('v2');
    expect(images(world).filter((image) => image === 'v2')).toEqual(ALL_V2);
  });

  it('and the ReplicaSets are as they were once the hold ends', async () => {
    const scene = await promoted();
    const { world, witness } = scene;
    await rejected(scene, 'v1');
    await sleep(scene);
    world.push('v2');
    await watch(world, witness, 5);
    expect(specOf(world.deployment)['paused']).toBe(false);
    const [owner] = setOf(world, 'v1')?.metadata.ownerReferences ?? [];
    expect(owner).toMatchObject({ kind: 'Deployment', controller: true });
    expect(setOf(world, 'v1')?.metadata.labels).toMatchObject({ app: NAME });
  });
});

describe('a stable ReplicaSet that is gone while the Deployment is held', () => {
  it('by revisionHistoryLimit 0 and a scale to nothing, is made again', async () => {
    const scene = await started();
    const { world, witness } = scene;
    limitHistory(world, 0);
    await rejected(scene, 'v2');
    const stable = world.stableHash();
    await sleep(scene);
    expect(images(world)).toEqual(ALL_V1);
    expect(world.stableHash()).toBe(stable);
    expect(witness.violations).toEqual([]);
    await rejected(scene, 'v3');
    expect(images(world)).toEqual(ALL_V1);
  });

  it('in the same moment as the hold began, is made again', async () => {
    const scene = await started();
    const { world, witness } = scene;
    limitHistory(world, 0);
    happen('scaleToNothing', world, witness);
    await watch(world, witness, 8);
    world.cluster.pauseWatch();
    world.push('v2');
    await world.run(2);
    expect(setOf(world, 'v1')).toBeUndefined();
    world.cluster.resumeWatch();
    world.scale(3);
    await world.run(8);
    expect(images(world).filter((image) => image === 'v1')).toEqual(ALL_V1);
  });

  it.each(['Pending', 'Stepping.Analysing', 'Aborted'])(
    'because somebody deleted it in %s',
    async (place) => {
      const gate = place === 'Pending' ? { policy: { approval: { at: ['start'] } } } : {};
      const { world, witness } = await started(gate);
      if (place === 'Aborted') world.failures.set('v2', 0.5);
      world.push('v2');
      await reach(world, witness, place);
      happen('deleteStable', world, witness);
      await watch(world, witness, 1);
      expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ status: 'False' });
      expect(conditionOf(rollout(world), 'Ready')?.message).not.toContain('stable serves');
      expect(conditionOf(world.deployment, 'SluiceReady')?.status).toBe('False');
      await watch(world, witness, 20);
      expect(images(world).filter((image) => image === 'v1')).toEqual(ALL_V1);
      expect(witness.violations).toEqual([]);
    },
  );

  it('is reported, also where it goes between the pass over the release and that over the Rollout', async () => {
    const { world, witness } = await started({ policy: { approval: { at: ['start'] } } });
    world.push('v2');
    await reach(world, witness, 'Pending');
    await watch(world, witness, 5);
    // A write of the release's own pass is the last moment before.
    world.fate = ({ object, subresource }) =>
      object.kind === 'Release' && subresource === 'status'
        ? () => {
            world.fate = () => undefined;
            happen('deleteStable', world, witness);
          }
        : undefined;
    world.editRelease((spec) => {
      spec['paused'] = true;
    });
    await watch(world, witness, 1);
    expect(events(world, 'Rollout')).toContain('StableGone');
    expect(events(world, 'Deployment')).toContain('StableGone');
  });

  it('and of which no template is known, is reported', async () => {
    const scene = await started();
    const { world } = scene;
    await rejected(scene, 'v2');
    for (const { metadata } of world.releases) world.cluster.delete('Release', NAMESPACE, metadata.name);
    world.cluster.update(
      'Rollout',
      NAMESPACE,
      NAME,
      (draft) => {
        const { stable } = draft['status'] as { stable: Record<string, unknown> };
        delete stable['template'];
      },
      'status',
    );
    world.cluster.delete('ReplicaSet', NAMESPACE, setOf(world, 'v1')?.metadata.name ?? '');
    await world.run(2);
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ status: 'False', reason: 'StableLost' });
    expect(conditionOf(world.deployment, 'SluiceReady')?.reason).toBe('StableLost');
  });
});

describe('a strategy by which stable would be stopped first', () => {
  it.each([
    ['toRecreate', 'RecreateStrategy', 'Starting.Loading'],
    ['toRecreate', 'RecreateStrategy', 'Stepping.Analysing'],
    ['toRecreate', 'RecreateStrategy', 'Promoting.RestoringRoutes'],
    ['toAllUnavailable', 'AllUnavailable', 'Stepping.Analysing'],
    ['toAllUnavailable', 'AllUnavailable', 'Promoting.RestoringRoutes'],
  ] as const)('%s is reported (%s) and waited for in %s', async (what, reason, place) => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, place);
    happen(what, world, witness);
    await watch(world, witness, 60);
    expect(world.place().split('.')[0]).toBe('Promoting');
    expect(images(world).filter((image) => image === 'v1')).toEqual(ALL_V1);
    expect(conditionOf(world.cluster.all('Release')[0] ?? null, 'Progressing')?.message).toContain(
      'strategy',
    );
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ status: 'False', reason });
    expect(conditionOf(world.deployment, 'SluiceReady')?.reason).toBe(reason);
    expect(events(world, 'Release')).toContain(reason);
    happen('strategyBack', world, witness);
    await reach(world, witness, 'Promoted', 200);
    expect(images(world)).toEqual(ALL_V2);
    expect(world.lostSeconds).toBe(0);
    expect(witness.violations).toEqual([]);
  });

  it('is waited for between the handover and the update, too', async () => {
    const { world, witness } = await started();
    world.fate = ({ object, patch }) => {
      const isHandover =
        object.kind === 'ReplicaSet' && JSON.stringify(patch ?? []).includes('ownerReferences');
      return isHandover ? () => happen('toRecreate', world, witness) : undefined;
    };
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    await watch(world, witness, 20);
    expect(specOf(world.deployment)['paused']).toBe(true);
    expect(images(world)).toContain('v1');
    world.fate = () => undefined;
    happen('strategyBack', world, witness);
    await reach(world, witness, 'Promoted', 200);
    expect(world.lostSeconds).toBe(0);
    expect(witness.violations).toEqual([]);
  });

  it('is reported at once, when the promotion is still far', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    happen('toRecreate', world, witness);
    await watch(world, witness, 1);
    expect(conditionOf(world.cluster.all('Release')[0] ?? null, 'Promotable')).toMatchObject({
      status: 'False',
      reason: 'RecreateStrategy',
    });
  });
});
