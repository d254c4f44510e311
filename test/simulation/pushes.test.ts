import { describe, expect, it } from 'vitest';
import { templateOf } from './fixtures.ts';
import { happen } from './happenings.ts';
import { images, reach, specOf, started, watch } from './scene.ts';
import type { World } from './world.ts';

/** Pushes in the middle of the pass that is about to end a release, which also loses a race. */
function pushAtTheEnd(world: World, image: string): void {
  let pushed = false;
  world.fate = ({ object }) => {
    if (pushed || object.kind !== 'DestinationRule' || world.place() !== 'Aborting.CleaningUp')
      return undefined;
    pushed = true;
    world.asSomebody(() => world.push(image));
    return 'conflict';
  };
}

describe('another push', () => {
  it.each([
    'Pending',
    'Starting.Loading',
    'Stepping.Analysing',
    'Promoting.RestoringRoutes',
    'Promoting.Updating',
  ])('in %s ends in a release of its own', async (place) => {
    const pending = place === 'Pending' ? { policy: { approval: { at: ['start'] } } } : {};
    const { world, witness } = await started(pending);
    world.push('v2');
    await reach(world, witness, place);
    world.push('v3');
    await world.step();
    if (place === 'Pending') {
      await world.run(3);
      world.editRelease((one) => {
        one['approvals'] = [{ gate: 'start', by: '', onBehalfOf: '' }];
      });
    }
    await reach(world, witness, 'Promoted', 200);
    await world.run(10);
    await reach(world, witness, 'Promoted', 200);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(images(world)).toEqual(['v3', 'v3', 'v3']);
    const first = place === 'Promoting.Updating' ? 'Promoted' : 'Superseded';
    expect(world.releases.map(({ status }) => status?.phase)).toEqual([first, 'Promoted']);
  });

  it('again and again, as a self-healing GitOps controller does, delays an update but does not stop it', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    for (let i = 0; i < 8 && world.releases.length === 1; i++) {
      world.push('v3');
      await world.run(1.5);
      witness.look();
    }
    await reach(world, witness, 'Promoted', 200);
    await world.run(60);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.releases.map(({ status }) => status?.phase)).toEqual(['Promoted', 'Promoted']);
  });

  it('while the update goes back is kept for a release of its own', async () => {
    const { world, witness } = await started({ loadMs: 6_000 });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    happen('abort', world, witness);
    await reach(world, witness, 'Aborting.ReturningToStable');
    world.push('v3');
    await world.run(1);
    await reach(world, witness, 'Promoted', 200);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.releases.map(({ status }) => status?.phase)).toEqual(['Aborted', 'Promoted']);
  });

  it('that reverts it restarts nothing', async () => {
    const { world, witness } = await started();
    const before = world.pods.all.filter(({ stoppedAt }) => stoppedAt === null).map(({ name }) => name);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.push('v1');
    await reach(world, witness, 'Cancelled');
    await world.run(10);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.pods.all.filter(({ stoppedAt }) => stoppedAt === null).map(({ name }) => name)).toEqual(
      before,
    );
    expect(specOf(world.deployment)['paused']).toBe(false);
  });

  it('right after it was reverted, before the Deployment resumes, is held and released', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.push('v1');
    pushAtTheEnd(world, 'v2');
    await world.until('the next release begins', () => world.releases.length === 2);
    expect(specOf(world.deployment)).toMatchObject({ paused: true, template: templateOf('v2') });
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    await reach(world, witness, 'Promoted');
    expect(world.releases.map(({ status }) => status?.phase)).toEqual(['Cancelled', 'Promoted']);
    expect(witness.violations).toEqual([]);
  });

  it.each(['hold', 'revert'] as const)(
    'while a roll-back (%s) is about to end is not touched by it',
    async (onAbort) => {
      const { world, witness } = await started({ onAbort });
      world.failures.set('v2', 0.5);
      world.push('v2');
      pushAtTheEnd(world, 'v3');
      await reach(world, witness, 'Promoted');
      expect(world.releases.map(({ status }) => status?.phase)).toEqual(['Aborted', 'Promoted']);
      expect(images(world)).toEqual(['v3', 'v3', 'v3']);
      expect(witness.violations).toEqual([]);
    },
  );

  it('of an earlier version is released like any other, with pods of its own', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Promoted');
    const loads = world.pods.loads.get('v1') ?? 0;
    world.push('v1');
    await world.step();
    await reach(world, witness, 'Promoted');
    await watch(world, witness, 5);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    expect(world.pods.loads.get('v1')).toBe(loads + 3);
    expect(world.releases.map(({ status }) => status?.phase)).toEqual(['Promoted', 'Promoted']);
  });
});

describe('a push in the pass that makes the canary smaller', () => {
  it.each(['scaleToNothing', 'scaleDown'] as const)(
    'since its Deployment has become so reverts it in order: %s',
    async (what) => {
      const { world, witness } = await started({ replicas: 4, weights: [50] });
      world.push('v2');
      await reach(world, witness, 'Stepping.Analysing');
      await watch(world, witness, 2);
      let pushed = false;
      world.fate = ({ object }) => {
        if (!pushed && object.kind === 'ReplicaSet') happen('pushV3', world, witness);
        pushed ||= object.kind === 'ReplicaSet';
        return undefined;
      };
      happen(what, world, witness);
      await watch(world, witness, 0.5);
      expect([pushed, world.place()]).toEqual([true, 'Aborting.Draining']);
      await watch(world, witness, 20);
      expect(witness.violations).toEqual([]);
      expect(world.releases[0]?.status?.phase).toBe('Superseded');
    },
  );
});
