import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Release, ReleaseStatus } from '../../src/api/release/release.ts';
import { NAME, NAMESPACE, templateOf } from './fixtures.ts';
import { happen } from './happenings.ts';
import { ROUTES } from './istio-hands.ts';
import { conditionOf, images, reach, rollout, routes, specOf, started, watch } from './scene.ts';
import type { World } from './world.ts';

describe('a bad release', () => {
  it('is rolled back and not tried again, and stable never notices', async () => {
    const { world, witness } = await started();
    const loads = world.pods.loads.get('v1');
    world.failures.set('v2', 0.2);
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status()).toMatchObject({ reason: 'AnalysisFailed', weight: 0 });
    world.cluster.writes.length = 0;
    await world.run(120);
    witness.look();
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.releases).toHaveLength(1);
    expect(world.pods.loads.get('v1')).toBe(loads);
    expect(specOf(world.deployment)).toMatchObject({ paused: true, template: templateOf('v2') });
    expect(routes(world)).toEqual(ROUTES);
    expect(world.cluster.writes.map(({ verb, object }) => `${verb} ${object.kind}`)).toEqual([]);
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({
      status: 'True',
      reason: 'RevisionRejected',
    });
  });

  it('is written back where the policy says so', async () => {
    const { world, witness } = await started({ onAbort: 'revert' });
    const loads = world.pods.loads.get('v1');
    world.failures.set('v2', 0.2);
    world.push('v2');
    await reach(world, witness, 'Aborted');
    await world.run(10);
    expect(specOf(world.deployment)).toMatchObject({ paused: false, template: templateOf('v1') });
    expect(world.pods.loads.get('v1')).toBe(loads);
    expect(witness.violations).toEqual([]);
    world.push('v2');
    await world.run(10);
    expect(world.releases).toHaveLength(1);
  });

  it('is tried once more where a person asks', async () => {
    const { world, witness } = await started();
    world.failures.set('v2', 0.2);
    world.push('v2');
    await reach(world, witness, 'Aborted');
    world.failures.set('v2', 0.001);
    world.cluster.update('Rollout', NAMESPACE, NAME, ({ metadata }) => {
      metadata.annotations = { 'sluice.dev/retry': 'please' };
    });
    await world.step();
    await reach(world, witness, 'Promoted');
    expect(world.releases.map(({ status }) => status?.phase)).toEqual(['Aborted', 'Promoted']);
    expect(witness.violations).toEqual([]);
  });
});

describe('an abort', () => {
  it.each(['hanging', 'error', 'noData'] as const)('waits for no metrics: %s', async (mode) => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.metrics.mode = mode;
    await world.run(4);
    happen('abort', world, witness);
    await world.settle();
    expect(JSON.stringify(routes(world))).not.toContain('sluice-canary');
    await reach(world, witness, 'Aborted', 15);
    expect(witness.violations).toEqual([]);
  });

  it.each([
    'Pending',
    'Starting.Routing',
    'Starting.Loading',
    'Stepping.Analysing',
    'Promoting.RestoringRoutes',
    'Promoting.Updating',
  ])('in %s takes the new version out', async (place) => {
    const options = place === 'Pending' ? { policy: { approval: { at: ['start'] } } } : {};
    const { world, witness } = await started({ ...options, loadMs: 4_000 });
    world.push('v2');
    await reach(world, witness, place);
    happen('abort', world, witness);
    await reach(world, witness, 'Aborted', 200);
    await watch(world, witness, 30);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.status()).toMatchObject({ reason: 'AbortRequested', weight: 0 });
    expect(routes(world)).toEqual(ROUTES);
    expect(new Set(images(world))).toEqual(new Set(['v1']));
  });

  it('waits for no watch that has stalled, though somebody has changed the routes meanwhile', async () => {
    const { world, witness } = await started();
    world.failures.set('v2', 0.5);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('watchLags', world, witness);
    world.cluster.update('VirtualService', NAMESPACE, NAME, ({ metadata }) => {
      metadata.annotations = { 'example.com/owner': 'ana' };
    });
    await reach(world, witness, 'Aborting', 20);
    await world.step();
    expect(JSON.stringify(routes(world))).not.toContain('sluice-canary');
    expect(witness.violations).toEqual([]);
  });

  it('waits for no pods of stable', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('stableNotReady', world, witness);
    happen('abort', world, witness);
    await world.settle();
    expect(JSON.stringify(routes(world))).not.toContain('sluice-canary');
  });

  it.each([
    { maxSurge: 1, maxUnavailable: 0 },
    { maxSurge: 1, maxUnavailable: 1 },
    { maxSurge: 0, maxUnavailable: 2 },
    { maxSurge: 3, maxUnavailable: 1 },
    { maxSurge: 2, maxUnavailable: 2 },
  ])('of an update under way loses nothing, whenever it comes: %o', async (strategy) => {
    const { maxSurge, maxUnavailable } = strategy;
    // An update that may stop all of stable at once is not started.
    for (const replicas of [2, 3, 4, 6].filter((n) => maxUnavailable < n || maxSurge >= n))
      for (const seconds of [0, 1, 2, 4]) {
        const { world, witness } = await started({ ...strategy, replicas, loadMs: 2_000 });
        world.push('v2');
        await reach(world, witness, 'Promoting.Updating');
        await watch(world, witness, seconds);
        happen('abort', world, witness);
        await watch(world, witness, 60);
        witness.end();
        expect([replicas, seconds, witness.violations]).toEqual([replicas, seconds, []]);
      }
  });

  it('of an update under way goes back to stable without falling short, and takes the weight from the canary', async () => {
    const { world, witness } = await started({ replicas: 6, loadMs: 8_000 });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    await world.run(6);
    happen('abort', world, witness);
    await world.run(4);
    witness.look();
    expect(world.place()).toBe('Aborting.ReturningToStable');
    expect(canaryShare(world)).toBeLessThan(0.9);
    await reach(world, witness, 'Aborted', 200);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(specOf(world.deployment)).toMatchObject({ paused: false, template: templateOf('v1') });
  });

  it.each(
    [2, 3, 10].flatMap((replicas) =>
      [1, 3].flatMap((maxSurge) => [0, 1, 2, 4, 6].map((after) => ({ replicas, maxSurge, after }))),
    ),
  )('of an update under way loses no request: %o', async ({ replicas, maxSurge, after }) => {
    const { world, witness } = await started({ replicas, maxSurge });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    await world.run(after);
    happen('abort', world, witness);
    await reach(world, witness, world.place() === 'Promoted' ? 'Promoted' : 'Aborted', 200);
    expect(witness.violations).toEqual([]);
    expect(world.lostSeconds).toBe(0);
  });
});

describe('a version that turns bad', () => {
  it('during the update of the promotion is found out, and the update goes back without falling short', async () => {
    const { world, witness } = await started({ replicas: 6, loadMs: 12_000 });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    world.failures.set('v2', 0.5);
    await reach(world, witness, 'Aborting.ReturningToStable');
    await reach(world, witness, 'Aborted', 300);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.status()).toMatchObject({ reason: 'AnalysisFailed', weight: 0 });
    expect(specOf(world.deployment)).toMatchObject({ paused: false, template: templateOf('v1') });
    expect(new Set(images(world))).toEqual(new Set(['v1']));
  });
});

function canaryShare(world: World): number {
  return world.flow.shares.get(world.releases[0]?.spec.canary.podTemplateHash ?? '') ?? 0;
}

function noteTold(draft: KubeObject): void {
  const status = draft['status'] as ReleaseStatus;
  status.notified = status.messages?.at(-1)?.seq ?? 0;
}

describe('what is gone', () => {
  it.each([
    ['deleteRollout', 'Stepping.Analysing'],
    ['deleteRelease', 'Stepping.Analysing'],
    ['deleteDeployment', 'Stepping.Analysing'],
    ['optOut', 'Stepping.Analysing'],
    ['deleteRollout', 'Starting.Loading'],
    ['deleteRollout', 'Promoting.Updating'],
    ['deleteDeployment', 'Promoting.Updating'],
  ] as const)('%s in %s leaves nothing behind', async (what, place) => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, place);
    const name = world.release()?.metadata.name ?? '';
    happen(what, world, witness);
    await watch(world, witness, 40);
    witness.end();
    expect(witness.violations).toEqual([]);
    const phases = world.releases.map(({ metadata, status }) => `${metadata.name === name} ${status?.phase}`);
    expect(phases.every((phase) => phase === 'true Cancelled')).toBe(true);
    const held = world.deployment === null || specOf(world.deployment)['paused'] === true;
    expect(held).toBe(place !== 'Promoting.Updating' || what === 'deleteDeployment');
  });

  it.each([
    ['goes as soon as everybody knows of its end', true, 1_000],
    ['goes after a while even if no receiver could be reached', false, 21_000],
  ])('%s', async (_what, told, mostMs) => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('deleteRelease', world, witness);
    await reach(world, witness, 'Cancelled');
    const began = world.now;
    const { metadata } = world.release() as Release;
    expect(metadata.finalizers).toHaveLength(1);
    if (told) world.cluster.update('Release', NAMESPACE, metadata.name, noteTold, 'status');
    await world.until('it is gone', () => world.releases.every((one) => one.metadata.uid !== metadata.uid));
    expect(world.now - began).toBeLessThanOrEqual(mostMs);
    expect(world.now - began > 15_000).toBe(!told);
  });

  it.each([1, 3])(
    'lets the Deployment of %i be resumed by hand, which loses no request',
    async (replicas) => {
      const { world, witness } = await started({ replicas, loadMs: 500 });
      world.push('v2');
      await reach(world, witness, 'Stepping.Analysing');
      happen('optOutAndResume', world, witness);
      await watch(world, witness, 40);
      witness.end();
      expect(witness.violations).toEqual([]);
      expect(world.lostSeconds).toBe(0);
      expect(images(world)).toEqual(Array.from({ length: replicas }, () => 'v2'));
    },
  );
});

describe('a canary that somebody deletes', () => {
  it('in the moment of its abort gets no request while the garbage collector is not there yet', async () => {
    const { world, witness } = await started({ replicas: 4 });
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    const hash = world.release()?.spec.canary.podTemplateHash ?? '';
    await world.until('its pod is ready', () => world.pods.readyOfHash(hash, world.now).length === 1);
    happen('abort', world, witness);
    happen('deleteCanary', world, witness);
    await watch(world, witness, 30);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.status()).toMatchObject({ phase: 'Aborted', reason: 'AbortRequested' });
  });

  it('while it drains gets no request either', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    happen('optOut', world, witness);
    await watch(world, witness, 3);
    expect([world.place(), canaryShare(world)]).toEqual(['Aborting.Draining', 0]);
    happen('deleteCanary', world, witness);
    const shares: number[] = [];
    await world.until(
      'it has ended',
      () => shares.push(canaryShare(world)) > 0 && world.place() === 'Cancelled',
    );
    await watch(world, witness, 30);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(Math.max(...shares)).toBe(0);
    expect(world.status()).toMatchObject({ reason: 'OptedOut' });
  });

  it('right when its version is released by hand may serve as a pod of it', async () => {
    const { world, witness } = await started({ replicas: 1, maxSurge: 0, maxUnavailable: 1 });
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    await world.run(1.5);
    happen('optOutAndResume', world, witness);
    happen('deleteCanary', world, witness);
    await watch(world, witness, 40);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(images(world)).toEqual(['v2']);
  });
});

describe('a canary ReplicaSet that was created without an answer', () => {
  it.each(['lost', 'crashAfter'] as const)(
    'is removed by an abort of that moment, though no watch tells of it: %s',
    async (fate) => {
      const { world, witness } = await started();
      let isCreated = false;
      world.fate = ({ object, verb }) => {
        if (isCreated || object.kind !== 'ReplicaSet' || verb !== 'create') return undefined;
        isCreated = true;
        happen('abort', world, witness);
        happen('watchLags', world, witness);
        return fate;
      };
      world.push('v2');
      await reach(world, witness, 'Aborting.Removing');
      await watch(world, witness, 20);
      happen('watchCatchesUp', world, witness);
      await reach(world, witness, 'Aborted');
      witness.end();
      expect(witness.violations).toEqual([]);
      expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    },
  );
});

describe('a DestinationRule of ours', () => {
  it('stays while routes to its subsets, written with no answer, have not been seen', async () => {
    const { world, witness } = await started();
    let isLost = false;
    world.fate = ({ object }) => {
      if (isLost || object.kind !== 'VirtualService') return undefined;
      isLost = true;
      happen('abort', world, witness);
      happen('watchLags', world, witness);
      return 'lost';
    };
    world.push('v2');
    await reach(world, witness, 'Aborted');
    await watch(world, witness, 10);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect([isLost, world.lostSeconds, routes(world)]).toEqual([true, 0, ROUTES]);
  });
});
