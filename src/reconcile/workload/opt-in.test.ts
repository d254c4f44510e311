import { describe, expect, it } from 'vitest';
import { NAME, NAMESPACE, rolloutOf, templateOf } from '../../../test/simulation/fixtures.ts';
import { conditionOf, events, images, rollout, specOf } from '../../../test/simulation/scene.ts';
import { World } from '../../../test/simulation/world.ts';

const GOOD = {
  'sluice.dev/rollout': 'true',
  'sluice.dev/virtual-service': NAME,
  'sluice.dev/steps': '20,60',
};

function annotate(world: World, annotations: Record<string, string | undefined>): void {
  world.asSomebody(() =>
    world.editDeployment((_spec, { metadata }) => {
      const all = Object.entries({ ...metadata.annotations, ...annotations });
      metadata.annotations = Object.fromEntries(
        all.filter((one): one is [string, string] => one[1] !== undefined),
      );
    }),
  );
}

async function annotated(annotations: Record<string, string>): Promise<World> {
  const world = new World();
  await world.run(5);
  annotate(world, annotations);
  await world.run(5);
  return world;
}

const writes = (world: World): string[] =>
  world.cluster.writes.map(({ verb, object }) => `${verb} ${object.kind}`);

describe('opting in by annotation', () => {
  it('makes a Rollout that the Deployment owns, and gates it', async () => {
    const world = await annotated(GOOD);
    expect(rollout(world)?.metadata.ownerReferences).toMatchObject([
      { kind: 'Deployment', name: NAME, controller: true },
    ]);
    expect(specOf(rollout(world))).toMatchObject({
      steps: [{ weight: 20 }, { weight: 60 }],
      target: { name: NAME },
    });
    expect(world.deployment?.metadata.annotations?.['sluice.dev/gate']).toBe(NAME);
    world.cluster.writes.length = 0;
    await world.run(60);
    expect(writes(world)).toEqual([]);
  });

  it('follows the annotations', async () => {
    const world = await annotated(GOOD);
    annotate(world, { 'sluice.dev/steps': '50' });
    await world.run(2);
    expect(specOf(rollout(world))).toMatchObject({ steps: [{ weight: 50 }] });
  });

  it.each([
    ['the annotation is removed', undefined],
    ['the annotation says off', 'off'],
  ])('deletes it when %s', async (_what, value) => {
    const world = await annotated(GOOD);
    annotate(world, { 'sluice.dev/rollout': value });
    await world.run(5);
    expect(rollout(world)).toBeNull();
    expect(world.deployment?.metadata.annotations?.['sluice.dev/gate']).toBeUndefined();
    world.push('v2');
    await world.run(20);
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
    expect(world.releases).toEqual([]);
  });
});

describe('a wrong annotation', () => {
  it('is named in an event and a condition, once, and holds nothing', async () => {
    const world = await annotated({ ...GOOD, 'sluice.dev/steps': '50,20' });
    expect(rollout(world)).toBeNull();
    expect(conditionOf(world.deployment, 'SluiceReady')).toMatchObject({
      status: 'False',
      reason: 'InvalidAnnotation',
      message: expect.stringContaining('sluice.dev/steps'),
    });
    world.push('v2');
    await world.run(20);
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
    expect(events(world, 'Deployment')).toEqual(['InvalidAnnotation']);
    annotate(world, { 'sluice.dev/steps': '20,50' });
    await world.run(5);
    expect(conditionOf(world.deployment, 'SluiceReady')).toBeUndefined();
    expect(rollout(world)).not.toBeNull();
  });

  it('deletes what good ones had created, so that nothing is held by an old policy', async () => {
    const world = await annotated(GOOD);
    annotate(world, { 'sluice.dev/steps': 'many' });
    await world.run(5);
    expect(rollout(world)).toBeNull();
    world.push('v2');
    await world.run(20);
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
  });

  it('leaves a release under way to end by its own policy', async () => {
    const world = await annotated(GOOD);
    world.push('v2');
    await world.run(10);
    annotate(world, { 'sluice.dev/steps': 'many' });
    await world.run(5);
    expect(rollout(world)?.metadata.deletionTimestamp).toBeUndefined();
    await world.until('the end', () => rollout(world) === null, 200);
    expect(world.cluster.recorded.map(({ reason }) => reason)).toContain('Promoted');
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
  });
});

describe('a Rollout of that name that a person has written', () => {
  it('is left alone, and the conflict is reported', async () => {
    const world = new World();
    world.cluster.create(rolloutOf(world.options));
    await world.run(5);
    annotate(world, GOOD);
    await world.run(5);
    expect(specOf(rollout(world))).toMatchObject({ steps: [{ weight: 10 }, { weight: 25 }, { weight: 50 }] });
    expect(conditionOf(world.deployment, 'SluiceReady')).toMatchObject({ reason: 'RolloutExists' });
    expect(events(world, 'Deployment')).toEqual(['RolloutExists']);
    expect(world.cluster.get('Deployment', NAMESPACE, NAME)?.metadata.annotations?.['sluice.dev/gate']).toBe(
      NAME,
    );
    expect(specOf(world.deployment)['template']).toEqual(templateOf('v1'));
  });
});
