import { describe, expect, it } from 'vitest';
import { NAME, NAMESPACE } from './fixtures.ts';
import { TOOL } from './hands.ts';
import { happen } from './happenings.ts';
import { conditionOf, events, reach, rollout, started } from './scene.ts';
import type { World } from './world.ts';

const ofRoutes = (world: World): number =>
  world.cluster.writes.filter(({ object, verb }) => object.kind === 'VirtualService' && verb === 'patch')
    .length;

describe('a GitOps tool that puts the routes back at once', () => {
  it('is named on Release, Rollout and Deployment, and no window counts meanwhile', async () => {
    const { world, witness } = await started({ policy: { deadlines: { step: '10m' } } });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.fightUntil = world.now + 120_000;
    await world.run(10);
    const said = { status: 'False', reason: 'RoutesContested' };
    const progressing = conditionOf(world.release() ?? null, 'Progressing');
    expect(progressing).toMatchObject(said);
    expect(progressing?.message).toMatch(
      new RegExp(`^field manager "${TOOL}" has changed the routes of VirtualService model back \\d+ times`),
    );
    expect(conditionOf(rollout(world), 'Progressing')).toMatchObject(said);
    expect(conditionOf(world.cluster.get('Deployment', NAMESPACE, NAME), 'SluiceReady')).toMatchObject(said);
    for (const kind of ['Release', 'Rollout', 'Deployment'])
      expect(events(world, kind).filter((reason) => reason === 'RoutesContested')).toHaveLength(1);
    const { windows = 0 } = world.status().analysis ?? {};
    await world.run(100);
    expect(world.status().analysis?.windows ?? 0).toBe(windows);
    expect(world.place()).toBe('Stepping.Analysing');
    world.fightUntil = 0;
    await reach(world, witness, 'Promoted', 300);
    expect(conditionOf(rollout(world), 'Progressing')).toBeUndefined();
  });

  it('is answered less and less often while the canary may have its weight', async () => {
    const { world, witness } = await started({ policy: { deadlines: { step: '10m' } } });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    const before = ofRoutes(world);
    world.fightUntil = world.now + 120_000;
    await world.run(120);
    expect(ofRoutes(world) - before).toBeLessThan(35);
  });

  it('is answered each second where the canary is to have nothing', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.fightUntil = world.now + 60_000;
    happen('abort', world, witness);
    await world.run(20);
    const before = ofRoutes(world);
    await world.run(20);
    const written = ofRoutes(world) - before;
    expect(written).toBeGreaterThanOrEqual(10);
    expect(written).toBeLessThanOrEqual(21);
    expect(conditionOf(world.release() ?? null, 'Progressing')).toMatchObject({ reason: 'RoutesContested' });
    await reach(world, witness, 'Aborted', 400);
  });
});

describe('somebody who edits a weight', () => {
  it('is no contest, and is corrected at once', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    for (let time = 0; time < 2; time++) {
      happen('editWeights', world, witness);
      await world.run(1);
    }
    expect(events(world, 'Release')).not.toContain('RoutesContested');
    await reach(world, witness, 'Promoted', 300);
  });
});
