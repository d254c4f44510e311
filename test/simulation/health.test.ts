import { describe, expect, it } from 'vitest';
import { happen } from './happenings.ts';
import { images, reach, started, watch, weights } from './scene.ts';

/** Only the pods can show it: the metrics do not answer. */
const SILENT = 'hanging';

describe('a canary that is not well', () => {
  it.each([
    ['canaryCrashes', 'CanaryCrashLoop', '(health.maxRestarts 1)'],
    ['canaryEvicted', 'CanaryEvicted', 'low on memory (health.maxEvictions 0)'],
  ] as const)('%s: is rolled back in seconds, without any metrics', async (happening, reason, message) => {
    const { world, witness } = await started({ policy: { canary: { replicas: 3 } } });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.metrics.mode = SILENT;
    happen(happening, world, witness);
    await reach(world, witness, 'Aborting', 3);
    expect(world.status()).toMatchObject({ outcome: 'Aborted', reason, weight: 0 });
    expect(world.status().message).toContain(message);
    expect(weights(world)).toHaveLength(1);
    await reach(world, witness, 'Aborted');
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    expect(witness.violations).toEqual([]);
  });

  it('one pod that is not ready for long: is rolled back though the others serve', async () => {
    const { world, witness } = await started({
      policy: {
        canary: { replicas: 3 },
        health: { maxRestarts: 1, maxEvictions: 0, notReady: '5s' },
        analysis: { templates: [{ name: 'errors' }], interval: '2s', minWindows: 30 },
      },
    });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('oneCanaryDies', world, witness);
    await reach(world, witness, 'Aborting', 10);
    expect(world.status()).toMatchObject({ reason: 'CanaryNotReady' });
    await reach(world, witness, 'Aborted');
  });

  it('crashes while it loads: does not wait for the deadline', async () => {
    const { world, witness } = await started();
    world.loadMs.set('v2', Number.POSITIVE_INFINITY);
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    await world.run(1);
    happen('canaryCrashes', world, witness);
    await reach(world, witness, 'Aborting', 5);
    expect(world.status()).toMatchObject({ reason: 'CanaryCrashLoop' });
  });

  it('has no ready pod while it grows for the handover: keeps what loads already', async () => {
    const { world, witness } = await started({ replicas: 4, maxSurge: 4, loadMs: 6_000 });
    world.push('v2');
    await reach(world, witness, 'Promoting.Sizing');
    await world.run(1);
    const loads = world.pods.loads.get('v2');
    happen('canaryFlaps', world, witness);
    await reach(world, witness, 'Stepping.Recovering', 5);
    await reach(world, witness, 'Promoted');
    expect([loads, world.pods.loads.get('v2')]).toEqual([4, 4]);
    expect(witness.violations).toEqual([]);
  });

  it('crashes during the native update: goes back to stable', async () => {
    const { world, witness } = await started({ replicas: 4, loadMs: 6_000 });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    world.metrics.mode = SILENT;
    happen('canaryCrashes', world, witness);
    await reach(world, witness, 'Aborting.ReturningToStable', 8);
    await reach(world, witness, 'Aborted');
    expect(images(world)).toEqual(['v1', 'v1', 'v1', 'v1']);
    expect(world.status()).toMatchObject({ reason: 'CanaryCrashLoop' });
  });

  it('cannot grow to what a step needs: fails at the deadline of a start', async () => {
    const { world, witness } = await started({
      weights: [10, 50],
      replicas: 4,
      policy: { deadlines: { start: '10s', step: '60s', promotion: '60s' } },
    });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.loadMs.set('v2', Number.POSITIVE_INFINITY);
    await reach(world, witness, 'Aborting', 60);
    expect(world.status()).toMatchObject({ reason: 'StartDeadlineExceeded' });
    await reach(world, witness, 'Aborted');
    expect(witness.violations).toEqual([]);
  });
});

describe('a canary whose only pod goes', () => {
  const lenient = { health: { maxRestarts: 1, maxEvictions: 1, notReady: '30s' } };

  it.each(['canaryDrained', 'canaryEvicted', 'deleteCanary'] as const)(
    '%s: has no traffic at once, and another pod is waited for as at first',
    async (happening) => {
      const { world, witness } = await started({ loadMs: 12_000, policy: lenient });
      world.push('v2');
      await reach(world, witness, 'Stepping.Analysing');
      happen(happening, world, witness);
      await reach(world, witness, 'Stepping.Recovering', 2);
      await world.settle();
      expect(weights(world)).toHaveLength(1);
      await watch(world, witness, 8);
      expect(world.status()).toMatchObject({ phase: 'Stepping', reason: 'CanaryReplaced', replacing: true });
      expect(world.status().message).toContain('deadlines.start 30s');
      await reach(world, witness, 'Promoted', 300);
      expect(world.releases).toHaveLength(1);
      expect(world.status().replacing).toBeUndefined();
      expect(witness.violations).toEqual([]);
    },
  );

  it('and for which no other gets ready ends at the deadline of a start', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.loadMs.set('v2', Number.POSITIVE_INFINITY);
    happen('canaryDrained', world, witness);
    await reach(world, witness, 'Stepping.Recovering', 2);
    await watch(world, witness, 27);
    expect(world.place()).toBe('Stepping.Recovering');
    await reach(world, witness, 'Aborted', 30);
    expect(world.status().reason).toBe('StartDeadlineExceeded');
    expect(witness.violations).toEqual([]);
  });
});

describe('containers that crash as they start', () => {
  it.each([
    ['once in each of four pods: no reason to roll back', { v1: 0, v2: 1 }, 'Promoted'],
    ['as often as in every pod of stable: no reason either', { v1: 2, v2: 3 }, 'Promoted'],
    ['more often than in those of stable and the policy allow', { v1: 1, v2: 3 }, 'Aborted'],
    ['again and again: rolled back, whatever stable does', { v1: 40, v2: 40 }, 'Aborted'],
  ])('%s', async (_what, restarts: Readonly<Record<string, number>>, phase) => {
    const { world, witness } = await started({ replicas: 4, policy: { canary: { replicas: 4 } } });
    world.pods.crashes = (image) => restarts[image] ?? 0;
    for (const pod of world.pods.all) pod.restarts = restarts[pod.image] ?? 0;
    // Late enough to be checked.
    world.loadMs.set('v2', 7_000);
    world.push('v2');
    await reach(world, witness, phase, 200);
    expect(world.status().reason === 'CanaryCrashLoop').toBe(phase === 'Aborted');
    expect(witness.violations).toEqual([]);
  });
});

describe('warming up', () => {
  const policy = { canary: { mode: 'surge', replicas: 2, warmUp: { requests: 5, timeout: '1s' } } };

  it('each pod of a canary answers its requests before it gets any traffic', async () => {
    const { world, witness } = await started({ policy });
    world.push('v2');
    await reach(world, witness, 'Stepping');
    expect([...world.warmUps]).toHaveLength(2);
    expect([...world.warmUps.values()]).toEqual([5, 5]);
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('each pod is sent what the ConfigMap has, and the start waits until it is there', async () => {
    const bodyFrom = { configMap: 'sluice-warm-up', key: 'predict.json' };
    const canary = { ...policy.canary, warmUp: { ...policy.canary.warmUp, bodyFrom } };
    const { world, witness } = await started({ policy: { canary } });
    world.push('v2');
    await world.run(20);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'WarmUpBodyMissing' });
    expect(world.status().message).toContain('no key predict.json');
    world.texts.set('sluice-warm-up/predict.json', '{"input": [1]}');
    await reach(world, witness, 'Promoted');
    expect([...world.warmUpSent]).toEqual(['{"input": [1]}']);
    expect(witness.violations).toEqual([]);
  });

  it('a body that cannot be read for a while is read again, and the release goes its way', async () => {
    const bodyFrom = { configMap: 'sluice-warm-up', key: 'predict.json' };
    const canary = { ...policy.canary, warmUp: { ...policy.canary.warmUp, bodyFrom } };
    const { world, witness } = await started({ policy: { canary } });
    world.texts.set('sluice-warm-up/predict.json', '{"input": [1]}');
    world.texts.fault = 'GET configmaps answered 503';
    world.push('v2');
    await world.run(20);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'WarmUpBodyMissing' });
    expect(world.status().message).toContain('canary.warmUp.bodyFrom: GET configmaps answered 503');
    world.texts.fault = null;
    await reach(world, witness, 'Promoted');
    expect([...world.warmUpSent]).toEqual(['{"input": [1]}']);
    expect(witness.violations).toEqual([]);
  });

  it('that fails says what and where, and ends at the deadline of the start', async () => {
    const { world, witness } = await started({ policy });
    world.warmUpFault = 'HTTP 400';
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status().reason).toBe('StartDeadlineExceeded');
    expect(world.status().message).toMatch(
      /pod \S+ has answered 0 of 5 warm-up requests; POST http:\/\/\S+:8080\/: HTTP 400/,
    );
    expect(world.status().exposedAt).toBeUndefined();
  });
});
