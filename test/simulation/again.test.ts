import { describe, expect, it } from 'vitest';
import { NAME, NAMESPACE, templateOf } from './fixtures.ts';
import { happen } from './happenings.ts';
import type { Witness } from './invariants.ts';
import { conditionOf, events, reach, rollout, specOf, started, watch } from './scene.ts';
import type { World } from './world.ts';

const RETRY = `kubectl annotate rollouts.sluice.dev ${NAME} -n ${NAMESPACE} sluice.dev/retry="$(date +%s)" --overwrite`;

const phases = (world: World): unknown[] => world.releases.map(({ status }) => status?.phase);

/** v2 fails and is rolled back; after that it would do well. */
async function rolledBack(world: World, witness: Witness): Promise<void> {
  world.failures.set('v2', 0.2);
  world.push('v2');
  await reach(world, witness, 'Aborted');
  await watch(world, witness, 2);
  world.failures.set('v2', 0.001);
}

function retry(world: World, token: string): void {
  world.cluster.update('Rollout', NAMESPACE, NAME, ({ metadata }) => {
    metadata.annotations = { 'sluice.dev/retry': token };
  });
}

/** A deleted Release is gone once all messages about its end are delivered. */
async function deleteRelease(world: World, witness: Witness): Promise<void> {
  const uid = world.release()?.metadata.uid;
  happen('deleteRelease', world, witness);
  await world.until('it is gone', () => world.releases.every(({ metadata }) => metadata.uid !== uid));
  await watch(world, witness, 2);
}

/** Rollout and Deployment say that a held version is not tried, and what to do about it, with one event each. */
function expectTold(world: World, reason: string): void {
  const on = { reason, message: expect.stringContaining(RETRY) as string };
  expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ status: 'True', ...on });
  expect(conditionOf(world.deployment, 'SluiceReady')).toMatchObject({ status: 'False', ...on });
  for (const kind of ['Rollout', 'Deployment'])
    expect(events(world, kind).filter((one) => one === reason)).toHaveLength(1);
}

describe('the same version again', () => {
  it('is released if it was reverted before anything was decided', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.push('v1');
    await reach(world, witness, 'Cancelled');
    await watch(world, witness, 5);
    world.push('v2');
    await world.step();
    await reach(world, witness, 'Promoted');
    expect(phases(world)).toEqual(['Cancelled', 'Promoted']);
    expect(witness.violations).toEqual([]);
  });

  it('is released where it was rolled back and another one took its place since, be it that of stable', async () => {
    const { world, witness } = await started();
    await rolledBack(world, witness);
    world.push('v1');
    await watch(world, witness, 5);
    expect(specOf(world.deployment)['paused']).toBe(false);
    expect(conditionOf(world.deployment, 'SluiceReady')).toBeUndefined();
    world.push('v2');
    await world.step();
    await reach(world, witness, 'Promoted');
    expect(phases(world)).toEqual(['Aborted', 'Promoted']);
    expect(witness.violations).toEqual([]);
  });

  it('is not tried by itself while it stays, which is said with the command', async () => {
    const { world, witness } = await started();
    await rolledBack(world, witness);
    expectTold(world, 'RevisionRejected');
    await watch(world, witness, 60);
    expect(phases(world)).toEqual(['Aborted']);
    retry(world, '1');
    await reach(world, witness, 'Promoted');
    await watch(world, witness, 5);
    expect(conditionOf(world.deployment, 'SluiceReady')).toBeUndefined();
    expect(witness.violations).toEqual([]);
  });

  it.each(['held', 'handed over'])(
    'is not tried by itself where Sluice put stable back, or a GitOps tool would repeat it for ever: %s',
    async (when) => {
      const { world, witness } = await started(when === 'held' ? { onAbort: 'revert' } : {});
      if (when === 'held') await rolledBack(world, witness);
      else {
        world.push('v2');
        await reach(world, witness, 'Promoting.Updating');
        happen('abort', world, witness);
        await reach(world, witness, 'Aborted');
      }
      await watch(world, witness, 5);
      expect(specOf(world.deployment)).toMatchObject({ paused: false, template: templateOf('v1') });
      expect(conditionOf(rollout(world), 'Ready')?.reason).toBe('Gated');
      world.push('v2');
      await watch(world, witness, 10);
      expect(phases(world)).toEqual(['Aborted']);
      expectTold(world, 'RevisionRejected');
      retry(world, '1');
      await reach(world, witness, 'Promoted');
      expect(witness.violations).toEqual([]);
    },
  );
});

describe('the version of a Release that was deleted', () => {
  it('in mid-release is not begun again by itself, which is said; it is when it is pushed again', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await deleteRelease(world, witness);
    await watch(world, witness, 30);
    expect(world.releases).toEqual([]);
    expectTold(world, 'ReleaseDeleted');
    world.push('v1');
    await watch(world, witness, 3);
    world.push('v2');
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('after it was rolled back stays rejected', async () => {
    const { world, witness } = await started();
    await rolledBack(world, witness);
    await deleteRelease(world, witness);
    await watch(world, witness, 30);
    expect(world.releases).toEqual([]);
    expectTold(world, 'RevisionRejected');
  });

  it('is not begun again by a request to retry that was granted before', async () => {
    const { world, witness } = await started();
    await rolledBack(world, witness);
    retry(world, '1');
    await reach(world, witness, 'Stepping.Analysing');
    await deleteRelease(world, witness);
    await watch(world, witness, 30);
    expect(phases(world)).toEqual(['Aborted']);
    retry(world, '2');
    await reach(world, witness, 'Promoted');
  });
});
