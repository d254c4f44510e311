import { describe, expect, it } from 'vitest';
import { calm, happen, NAMES } from './happenings.ts';
import { images, metricOf, reach, started, watch, weights } from './scene.ts';
import type { World } from './world.ts';

const policy = { canary: { replicas: 1, connect: { weight: 1, for: '4s' } } };

/** The stages of all steps, in their order. */
function stages(world: World): string[] {
  const trail = world.status().trail ?? [];
  return trail.flatMap(({ phase }) => (phase.startsWith('Stepping.') ? [phase.slice(9)] : []));
}

describe('connecting', () => {
  it('gives the canary a little traffic before the first step, once', async () => {
    const { world, witness } = await started({ policy });
    world.push('v2');
    await reach(world, witness, 'Stepping.Connecting');
    const { exposedAt, stageStartedAt } = world.status();
    expect(exposedAt).toBe(stageStartedAt);
    expect(world.status()).toMatchObject({ weight: 1, step: 0, stepText: '1/3 (10 %)' });
    await watch(world, witness, 3);
    expect([world.place(), weights(world)]).toEqual(['Stepping.Connecting', [99, 1]]);
    await reach(world, witness, 'Stepping.Analysing');
    expect([world.status().weight, world.status().exposedAt]).toEqual([10, exposedAt]);
    await reach(world, witness, 'Promoted');
    const step = ['Scaling', 'Shifting', 'Analysing'];
    expect(stages(world)).toEqual(['Scaling', 'Connecting', ...step.slice(1), ...step, ...step]);
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it('is judged by nothing: what fails meanwhile is in no window', async () => {
    const { world, witness } = await started({ policy });
    world.failures.set('v2', 1);
    world.push('v2');
    await reach(world, witness, 'Stepping.Connecting');
    await watch(world, witness, 4);
    expect(world.place()).toBe('Stepping.Connecting');
    expect(world.status().analysis?.windows ?? 0).toBe(0);
    world.failures.set('v2', 0);
    await reach(world, witness, 'Promoted');
    expect(metricOf(world, 'error-rate')?.canary.bad).toBe(0);
    expect(witness.violations).toEqual([]);
  });

  it.each([
    [
      'a person',
      'Aborted',
      (world: World) =>
        world.editRelease((spec) => {
          spec['abort'] = { by: 'ann' };
        }),
    ],
    ['a newer version', 'Superseded', (world: World) => world.push('v3')],
  ] as const)('ends at once by %s', async (_who, end, act) => {
    const { world, witness } = await started({ policy });
    world.push('v2');
    await reach(world, witness, 'Stepping.Connecting');
    await watch(world, witness, 2);
    act(world);
    await watch(world, witness, 2);
    expect(world.releases[0]?.status).toMatchObject({ phase: 'Aborting', outcome: end, weight: 0 });
    await world.until(end, () => world.releases[0]?.status?.phase === end, 60);
    expect(witness.violations).toEqual([]);
  });

  it('ends where the pods crash', async () => {
    const { world, witness } = await started({ policy });
    world.push('v2');
    await reach(world, witness, 'Stepping.Connecting');
    await watch(world, witness, 2);
    happen('canaryCrashes', world, witness);
    await reach(world, witness, 'Aborted');
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    expect(witness.violations).toEqual([]);
  });

  it('is done once more after no canary pod was ready', async () => {
    const { world, witness } = await started({ policy: { ...policy, unhealthyGrace: '20s' } });
    world.push('v2');
    await world.until('the second step', () => world.status().step === 1, 120);
    await reach(world, witness, 'Stepping.Analysing');
    happen('canaryFlaps', world, witness);
    await reach(world, witness, 'Stepping.Recovering');
    await reach(world, witness, 'Stepping.Connecting');
    expect(world.status()).toMatchObject({ weight: 1, step: 1 });
    await reach(world, witness, 'Promoted');
    expect(stages(world).slice(stages(world).indexOf('Recovering'))).toEqual([
      'Recovering',
      'Scaling',
      'Connecting',
      'Shifting',
      'Analysing',
      'Scaling',
      'Shifting',
      'Analysing',
    ]);
    expect(witness.violations).toEqual([]);
  });

  it('waits while it is paused', async () => {
    const { world, witness } = await started({ policy });
    world.push('v2');
    await reach(world, witness, 'Stepping.Connecting');
    world.editRelease((spec) => {
      spec['paused'] = true;
    });
    await watch(world, witness, 20);
    expect(world.status()).toMatchObject({ stage: 'Connecting', reason: 'Paused', weight: 1 });
    world.editRelease((spec) => {
      delete spec['paused'];
    });
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });
});

describe('while it connects', () => {
  it.each(NAMES)('%s leaves traffic safe, and nothing behind', async (happening) => {
    const { world, witness } = await started({ policy });
    world.push('v2');
    await reach(world, witness, 'Stepping.Connecting');
    await watch(world, witness, 2);
    happen(happening, world, witness);
    await watch(world, witness, 30);
    calm(world, witness);
    await watch(world, witness, 60);
    witness.end();
    expect(witness.violations).toEqual([]);
  });

  it.each(['crashBefore', 'crashAfter', 'conflict', 'lost'] as const)(
    'a write with the fate %s changes nothing, whichever it is',
    async (fate) => {
      for (let at = 6; at < 16; at++) {
        const { world, witness } = await started({ policy });
        let writes = 0;
        world.fate = () => ((writes += 1) === at ? fate : undefined);
        world.push('v2');
        // oxlint-disable-next-line no-await-in-loop -- one world after the other
        await reach(world, witness, 'Promoted');
        expect(witness.violations, `write ${at}`).toEqual([]);
        expect(stages(world).filter((stage) => stage === 'Connecting')).toHaveLength(1);
      }
    },
  );
});

async function played(canary: object): Promise<World> {
  const { world, witness } = await started({ policy: { canary } });
  world.push('v2');
  await reach(world, witness, 'Promoted');
  return world;
}

it('costs two writes, and nothing where the policy has none', async () => {
  const [plain, connected] = [await played({ replicas: 1 }), await played(policy.canary)];
  expect(stages(plain)).not.toContain('Connecting');
  // The routes, and the status that says so.
  expect(connected.cluster.writes.length - plain.cluster.writes.length).toBe(2);
});
