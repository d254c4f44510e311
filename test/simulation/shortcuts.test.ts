import { describe, expect, it } from 'vitest';
import { happen } from './happenings.ts';
import { events, reach, started, weights } from './scene.ts';

/** A policy whose steps would take long to pass. */
const PATIENT = { analysis: { templates: [{ name: 'errors' }], minRequests: 1_000_000 } };

describe('a skipped step', () => {
  it.each(['skip', 'skipStep'] as const)(
    'is left at once, and the next one waits for its own verdict: %s',
    async (how) => {
      const { world, witness } = await started({ weights: [10, 25, 50], policy: PATIENT });
      world.push('v2');
      await reach(world, witness, 'Stepping.Analysing');
      happen(how, world, witness);
      await world.run(30);
      expect([world.place(), world.status().stepText, weights(world)]).toEqual([
        'Stepping.Analysing',
        '2/3 (25 %)',
        [75, 25],
      ]);
      expect(events(world, 'Release')).toContain('StepSkipped');
      expect(witness.violations).toEqual([]);
    },
  );
});

describe('a full promotion', () => {
  it.each([
    [{ replicas: 3 }],
    [{ replicas: 1 }],
    [{ replicas: 10, maxSurge: 3 }],
    [{ replicas: 10, maxSurge: '25%', maxUnavailable: '25%' }],
    [{ replicas: 4, maxSurge: 0, maxUnavailable: 1 }],
  ])('loads each pod once, loses nothing and passes no further weight: %o', async (options) => {
    const { world, witness } = await started({ ...options, weights: [10, 25, 50], policy: PATIENT });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('promote', world, witness);
    await reach(world, witness, 'Promoted', 300);
    await world.run(5);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.pods.loads.get('v2')).toBe(options.replicas);
    expect(world.lostSeconds).toBe(0);
    const { trail = [], message } = world.status();
    expect(trail.filter(({ phase }) => phase === 'Stepping.Shifting')).toHaveLength(1);
    expect(message).toBe('promoted in full by ana, and the update is complete');
  });

  it('that is asked for before the start gives the canary the first weight, and judges nothing', async () => {
    const { world, witness } = await started({ weights: [10, 25, 50], policy: PATIENT });
    world.push('v2');
    await reach(world, witness, 'Starting');
    happen('promote', world, witness);
    await reach(world, witness, 'Promoted', 300);
    expect(witness.violations).toEqual([]);
    expect(world.status().trail?.map(({ phase }) => phase)).toContain('Stepping.Analysing');
  });

  it('leaves out weights that the evidence has yet to choose', async () => {
    const policy = { ...PATIENT, steps: undefined, autoSteps: { min: 5, max: 50 } };
    const { world, witness } = await started({ policy });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('promote', world, witness);
    await reach(world, witness, 'Promoted', 300);
    expect(witness.violations).toEqual([]);
    expect(world.status().weights).toEqual([5]);
    expect(world.status().messages?.map(({ text }) => text)).toContain(
      'Promoting: from step 1/? (5 %), without the weights that are yet to be chosen: full promotion by ana through kubernetes: a test',
    );
  });

  it('is undone by an abort in its midst', async () => {
    const { world, witness } = await started({ loadMs: 6_000, weights: [10, 50], policy: PATIENT });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('promote', world, witness);
    await reach(world, witness, 'Promoting.Updating');
    happen('abort', world, witness);
    await reach(world, witness, 'Aborted', 300);
    await world.run(5);
    witness.end();
    expect(witness.violations).toEqual([]);
    expect(world.status().reason).toBe('AbortRequested');
  });

  it('is undone by a version that turns bad meanwhile', async () => {
    const { world, witness } = await started({ loadMs: 20_000, weights: [10, 50] });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('promote', world, witness);
    await reach(world, witness, 'Promoting.Updating');
    world.failures.set('v2', 0.6);
    await reach(world, witness, 'Aborted', 300);
    expect(world.status().reason).toBe('AnalysisFailed');
    expect(witness.violations).toEqual([]);
  });

  it('by one person opens no gate for two', async () => {
    const approval = { at: ['50', 'promotion'], quorum: 2 };
    const { world, witness } = await started({ weights: [10, 50], policy: { ...PATIENT, approval } });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('promote', world, witness);
    await world.run(30);
    expect([world.place(), world.status().waitingFor, world.status().message]).toEqual([
      'Stepping.Analysing',
      '50',
      expect.stringContaining('1 of 2 given (by ana)'),
    ]);
    world.editRelease((spec) => {
      spec['approvals'] = ['50', 'promotion'].map((gate) => ({ gate, by: 'bo', onBehalfOf: '' }));
    });
    await reach(world, witness, 'Promoted', 300);
    expect(witness.violations).toEqual([]);
  });
});
