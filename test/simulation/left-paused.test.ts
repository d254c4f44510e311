import { describe, expect, it } from 'vitest';
import { NAME, NAMESPACE, templateOf } from './fixtures.ts';
import { happen } from './happenings.ts';
import type { Witness } from './invariants.ts';
import { conditionOf, events, images, reach, rollout, specOf, started, watch } from './scene.ts';
import type { World } from './world.ts';

const RESUME = `kubectl rollout resume deployment/${NAME} -n ${NAMESPACE}`;

const shown = ({ deployment }: World) => conditionOf(deployment, 'SluiceReady');
const told = (world: World): number =>
  events(world, 'Deployment').filter((reason) => reason === 'LeftPaused').length;

/** A release in its first step whose Rollout somebody deletes. */
async function abandoned(): Promise<{ world: World; witness: Witness }> {
  const { world, witness } = await started();
  world.push('v2');
  await reach(world, witness, 'Stepping.Analysing');
  happen('deleteRollout', world, witness);
  await world.until('it is gone', () => rollout(world) === null);
  await watch(world, witness, 3);
  expect(images(world)).toEqual(['v1', 'v1', 'v1']);
  return { world, witness };
}

function annotate(world: World, value: string | undefined): void {
  world.editDeployment((_spec, { metadata }) => {
    const { 'sluice.dev/rollout': _old, ...rest } = metadata.annotations ?? {};
    metadata.annotations = { ...rest, ...(value === undefined ? {} : { 'sluice.dev/rollout': value }) };
  });
}

describe('a Deployment whose Rollout goes in mid-release', () => {
  it('stays paused on stable, and says so for each version that is pushed', async () => {
    const { world, witness } = await abandoned();
    expect(specOf(world.deployment)).toMatchObject({ paused: true, template: templateOf('v2') });
    expect(shown(world)).toMatchObject({ status: 'False', reason: 'LeftPaused' });
    expect(shown(world)?.message).toContain(RESUME);
    const first = shown(world)?.message;
    world.push('v3');
    await watch(world, witness, 30);
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    expect(shown(world)?.message).toContain(RESUME);
    expect(shown(world)?.message).not.toBe(first);
    expect(told(world)).toBe(2);
    witness.end();
    expect(witness.violations).toEqual([]);
  });

  it('continues although a policy refuses that at first, which is reported', async () => {
    const { world } = await abandoned();
    world.refusers.stand('deploymentPolicy', world.now + 20_000);
    world.push('v1');
    await world.run(10);
    expect(specOf(world.deployment)['paused']).toBe(true);
    expect(events(world, 'Deployment')).toContain('WriteRefused');
    await world.run(30);
    expect(specOf(world.deployment)['paused']).toBe(false);
  });

  it('continues by itself once the template of stable is written back, without a restart', async () => {
    const { world, witness } = await abandoned();
    const loads = world.pods.loads.get('v1');
    world.push('v1');
    await watch(world, witness, 10);
    expect(specOf(world.deployment)['paused']).toBe(false);
    expect([world.pods.loads.get('v1'), shown(world)]).toEqual([loads, undefined]);
    world.push('v3');
    await world.run(30);
    expect(images(world)).toEqual(['v3', 'v3', 'v3']);
  });

  it('is anybody’s to resume, and nothing of ours is left then', async () => {
    const { world } = await abandoned();
    happen('ownerResumes', world, { excuse: () => {}, noteSize: () => {} } as unknown as Witness);
    await world.run(30);
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
    expect(shown(world)).toBeUndefined();
    expect(Object.keys(world.deployment?.metadata.annotations ?? {})).toEqual([]);
  });

  it.each(['conflict', 'lost', 'crashBefore'] as const)(
    'says nothing any more once it is resumed, though the write that ends that meets the fate %s',
    async (fate) => {
      const { world } = await abandoned();
      happen('ownerResumes', world, { excuse: () => {}, noteSize: () => {} } as unknown as Witness);
      let met = 0;
      world.fate = ({ object, subresource }) =>
        object.kind === 'Deployment' && subresource === 'status' && met++ === 0 ? fate : undefined;
      await world.run(30);
      expect(met).toBeGreaterThan(0);
      expect(shown(world)).toBeUndefined();
    },
  );

  it('is released once it has a Rollout again', async () => {
    const { world, witness } = await abandoned();
    happen('createRollout', world, witness);
    await watch(world, witness, 2);
    expect(conditionOf(rollout(world), 'Ready')?.reason).not.toBe('PausedByOwner');
    await reach(world, witness, 'Promoted');
    await watch(world, witness, 5);
    witness.end();
    expect([images(world), shown(world)]).toEqual([['v2', 'v2', 'v2'], undefined]);
    expect(witness.violations).toEqual([]);
  });
});

async function optedIn(): Promise<{ world: World; witness: Witness }> {
  const { world, witness } = await started();
  happen('deleteRollout', world, witness);
  await world.run(2);
  annotate(world, 'true');
  await world.until('it has its Rollout', () => conditionOf(rollout(world), 'Ready')?.status === 'True');
  return { world, witness };
}

describe('a Rollout that annotations made', () => {
  it('and that somebody deletes in mid-release is made again, and its release begins again', async () => {
    const { world, witness } = await optedIn();
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    const uid = rollout(world)?.metadata.uid;
    happen('deleteRollout', world, witness);
    await world.until('it is another', () => (rollout(world)?.metadata.uid ?? uid) !== uid);
    await reach(world, witness, 'Starting.Loading');
    expect(conditionOf(rollout(world), 'Ready')?.reason).toBe('Gated');
    expect([told(world), shown(world)]).toEqual([0, undefined]);
  });

  it('and whose annotations go in mid-release leaves a Deployment that says what keeps it', async () => {
    const { world, witness } = await optedIn();
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    annotate(world, undefined);
    await world.until('it is gone', () => rollout(world) === null);
    await watch(world, witness, 5);
    expect(shown(world)).toMatchObject({ reason: 'LeftPaused' });
    annotate(world, 'true');
    await reach(world, witness, 'Starting.Loading');
    expect(shown(world)).toBeUndefined();
  });

  it('and whose annotations become unreadable while a rejected version is held says both', async () => {
    const { world, witness } = await optedIn();
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    happen('abort', world, witness);
    await reach(world, witness, 'Aborted');
    world.editDeployment((_spec, { metadata }) => {
      metadata.annotations = { ...metadata.annotations, 'sluice.dev/steps': 'many' };
    });
    await world.until('it is gone', () => rollout(world) === null);
    await watch(world, witness, 5);
    expect(shown(world)?.reason).toBe('InvalidAnnotation');
    expect(shown(world)?.message).toContain(RESUME);
    expect(witness.violations).toEqual([]);
  });
});

describe('a Deployment that opts out in mid-release', () => {
  it('says what keeps it, and has its version released where it comes back', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('optOut', world, witness);
    await reach(world, witness, 'Cancelled');
    await watch(world, witness, 30);
    expect(shown(world)).toMatchObject({ reason: 'LeftPaused' });
    expect(told(world)).toBe(1);
    world.cluster.writes.length = 0;
    await world.run(30);
    expect(world.cluster.writes).toEqual([]);
    happen('optIn', world, witness);
    await reach(world, witness, 'Promoted');
    await watch(world, witness, 5);
    expect([images(world), shown(world)]).toEqual([['v2', 'v2', 'v2'], undefined]);
    expect(witness.violations).toEqual([]);
  });

  it('on the template of stable continues', async () => {
    const { world, witness } = await started();
    world.failures.set('v2', 0.2);
    world.push('v2');
    await reach(world, witness, 'Aborted');
    happen('optOut', world, witness);
    await world.run(2);
    world.push('v1');
    await watch(world, witness, 3);
    expect(specOf(world.deployment)['paused']).toBe(false);
    expect(shown(world)).toBeUndefined();
  });
});
