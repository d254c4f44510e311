import { describe, expect, it } from 'vitest';
import { happen } from './happenings.ts';
import { conditionOf, events, images, reach, rollout, started, watch } from './scene.ts';
import type { World } from './world.ts';

const QUEUE = { policy: { onNewRevision: 'queue' } };

/** How each Release ended, by the version that it was of. */
function ends(world: World): string[] {
  return world.releases.map(({ spec, status }) => {
    const image = world.pods.all.find(({ hash }) => hash === spec.canary.podTemplateHash)?.image;
    return `${image ?? '-'} ${status?.phase}`;
  });
}

describe('a newer version that waits (onNewRevision: queue)', () => {
  it.each([
    'Starting.Loading',
    'Stepping.Scaling',
    'Stepping.Analysing',
    'Promoting.RestoringRoutes',
    'Promoting.Updating',
  ])('pushed in %s is released once the one before it is promoted', async (place) => {
    const { world, witness } = await started({ ...QUEUE, loadMs: 3_000 });
    world.push('v2');
    await reach(world, witness, place);
    await watch(world, witness, 1);
    world.push('v3');
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 5);
    await reach(world, witness, 'Promoted', 200);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(ends(world)).toEqual(['v2 Promoted', 'v3 Promoted']);
    expect(images(world)).toEqual(['v3', 'v3', 'v3']);
  });

  it('pushed while the canary grows for the handover is released after it', async () => {
    const { world, witness } = await started({ ...QUEUE, replicas: 4, maxSurge: 4, loadMs: 6_000 });
    world.push('v2');
    await reach(world, witness, 'Promoting.Sizing');
    world.push('v3');
    await world.until('both have ended', () => ends(world).join() === 'v2 Promoted,v3 Promoted', 200);
    await watch(world, witness, 3);
    witness.end();
    expect(witness.violations).toEqual([]);
  });

  it('pushed in the very moment of the handover is released after it', async () => {
    const { world, witness } = await started(QUEUE);
    let isPushed = false;
    world.fate = ({ object, verb }) => {
      if (isPushed || object.kind !== 'ReplicaSet' || verb !== 'patch') return undefined;
      if (world.place() !== 'Promoting.HandingOver') return undefined;
      isPushed = true;
      return () => world.push('v3');
    };
    world.push('v2');
    await world.until('both have ended', () => ends(world).join() === 'v2 Promoted,v3 Promoted', 200);
    await watch(world, witness, 3);
    witness.end();
    expect(isPushed).toBe(true);
    expect(witness.violations).toEqual([]);
  });

  it('is reported once, and only the newest waits', async () => {
    const { world, witness } = await started(QUEUE);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.push('v3');
    await watch(world, witness, 3);
    expect(events(world, 'Release').filter((reason) => reason === 'NewerRevisionQueued')).toHaveLength(1);
    world.push('v4');
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 5);
    await reach(world, witness, 'Promoted', 200);
    expect(ends(world)).toEqual(['v2 Promoted', 'v4 Promoted']);
    expect(witness.violations).toEqual([]);
  });

  it('is released once the one before it is rolled back', async () => {
    const { world, witness } = await started(QUEUE);
    world.failures.set('v2', 0.3);
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    await watch(world, witness, 1);
    world.push('v3');
    await reach(world, witness, 'Promoted', 300);
    witness.end();
    expect(ends(world)).toEqual(['v2 Aborted', 'v3 Promoted']);
    expect(witness.violations).toEqual([]);
  });

  it.each([
    ['v1', ['v2 Cancelled'], ['v1', 'v1', 'v1']],
    ['v2', ['v2 Promoted'], ['v2', 'v2', 'v2']],
  ])('and is reverted by %s waits no more', async (image, all, serving) => {
    const { world, witness } = await started(QUEUE);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.push('v3');
    await watch(world, witness, 3);
    world.push(image);
    await watch(world, witness, 90);
    witness.end();
    expect([ends(world), images(world)]).toEqual([all, serving]);
    expect(witness.violations).toEqual([]);
  });

  it('supersedes a release without pods, or whose canary somebody deleted', async () => {
    const { world, witness } = await started({ policy: { ...QUEUE.policy, approval: { at: ['start'] } } });
    world.push('v2');
    await reach(world, witness, 'Pending');
    world.push('v3');
    await world.until('it ends', () => world.releases.length === 2);
    expect(ends(world)[0]).toBe('- Superseded');

    const other = await started(QUEUE);
    other.world.push('v2');
    await reach(other.world, other.witness, 'Stepping.Analysing');
    other.world.push('v3');
    await watch(other.world, other.witness, 2);
    happen('deleteCanary', other.world, other.witness);
    await reach(other.world, other.witness, 'Promoted', 200);
    expect(ends(other.world)).toEqual(['v2 Superseded', 'v3 Promoted']);
    expect(other.witness.violations).toEqual([]);
  });

  it('is held and not overwritten by a roll-back that writes stable back', async () => {
    const { world, witness } = await started({ ...QUEUE, onAbort: 'revert' });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.push('v3');
    await watch(world, witness, 2);
    happen('abort', world, witness);
    await reach(world, witness, 'Promoted', 200);
    expect(ends(world)).toEqual(['v2 Aborted', 'v3 Promoted']);
    expect(witness.violations).toEqual([]);
  });
});

/** A push every eight seconds, each in the middle of the release before it. */
async function pushes(world: World, count: number): Promise<void> {
  for (let version = 2; version < 2 + count; version++) {
    world.push(`v${version}`);
    await world.run(8);
  }
}

describe('versions that are pushed faster than a release takes', () => {
  it('end release after release, which is said after five, until one gets through', async () => {
    const { world, witness } = await started();
    await pushes(world, 5);
    expect(conditionOf(rollout(world), 'KeepingUp')).toBeUndefined();
    await pushes(world, 5);
    const { superseded } = (rollout(world)?.['status'] ?? {}) as { superseded?: number };
    expect(superseded).toBeGreaterThanOrEqual(5);
    const told = { status: 'False', reason: 'PushedTooFast' };
    expect(conditionOf(rollout(world), 'KeepingUp')).toMatchObject(told);
    expect(conditionOf(world.deployment, 'SluiceReady')).toMatchObject(told);
    for (const kind of ['Rollout', 'Deployment'])
      expect(events(world, kind).filter((reason) => reason === 'PushedTooFast')).toHaveLength(1);
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 3);
    expect(conditionOf(rollout(world), 'KeepingUp')).toBeUndefined();
    expect(conditionOf(world.deployment, 'SluiceReady')).toBeUndefined();
  });

  it('get through where they wait', async () => {
    const { world } = await started(QUEUE);
    await pushes(world, 20);
    const promoted = world.releases.filter(({ status }) => status?.phase === 'Promoted');
    expect(promoted.length).toBeGreaterThanOrEqual(2);
    expect(world.releases.every(({ status }) => status?.phase !== 'Superseded')).toBe(true);
  });
});
