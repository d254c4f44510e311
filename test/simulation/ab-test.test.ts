import { describe, expect, it } from 'vitest';
import { happen } from './happenings.ts';
import { ERRORS, events, images, reach, specOf, started, watch } from './scene.ts';

const DEADLINES = { start: '30s', step: '8m', promotion: '60s' };
const ANALYSIS = {
  templates: [{ name: 'errors' }],
  interval: '2s',
  warmup: '1s',
  minRequests: 10,
  minWindows: 2,
};

/** A world whose releases are tests; requests of v1 fail in 3 %. */
async function abTest(given: object = {}, policy: object = {}) {
  const scene = await started({
    policy: {
      steps: undefined,
      deadlines: DEADLINES,
      analysis: ANALYSIS,
      abTest: { weight: 50, for: '250s', ...given },
      ...policy,
    },
  });
  scene.world.cluster.update('ClusterAnalysisTemplate', '', 'errors', (draft) => {
    draft['spec'] = { metrics: [{ ...ERRORS, max: '20%' }] };
  });
  scene.world.failures.set('v1', 0.03);
  return scene;
}

describe('an A/B test', () => {
  it('is won by the new version, which is promoted after the whole time', async () => {
    const { world, witness } = await abTest();
    world.failures.set('v2', 0.005);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    const begun = world.now;
    await reach(world, witness, 'Promoted', 500);
    expect(world.now - begun).toBeGreaterThan(250_000);
    expect(world.status().trail?.map(({ reason }) => reason)).toContain('CanaryWon');
    await watch(world, witness, 10);
    witness.end();
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
  });

  it.each(['hold', 'revert'] as const)(
    'is won by stable, which ends it without a fault: onAbort %s',
    async (onAbort) => {
      const { world, witness } = await abTest({}, { onAbort });
      world.failures.set('v2', 0.15);
      world.push('v2');
      await reach(world, witness, 'Cancelled', 500);
      expect(world.status()).toMatchObject({ reason: 'StableWon', weight: 0 });
      expect(world.status().message).toContain('stable is better: error-rate 15 % against 3');
      await watch(world, witness, 20);
      // It is not tried again by itself.
      expect(world.releases).toHaveLength(1);
      expect(specOf(world.deployment)['paused'] === true).toBe(onAbort === 'hold');
      expect(new Set(images(world))).toEqual(new Set(['v1']));
      witness.end();
      expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
    },
  );

  it.each([
    ['hold', 'BakeOverdue'],
    ['abort', 'BakeExceeded'],
    ['promote', 'StepInconclusive'],
  ] as const)('that nobody wins ends by onInconclusive: %s', async (onInconclusive, reason) => {
    const { world, witness } = await abTest({}, { analysis: { ...ANALYSIS, onInconclusive } });
    world.failures.set('v2', 0.03);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 280);
    const { trail = [], reason: now } = world.status();
    expect([now, ...trail.map((one) => one.reason)]).toContain(reason);
    expect(witness.violations).toEqual([]);
  });

  it('is decided by a person where the policy says so', async () => {
    const { world, witness } = await abTest({ decide: 'person' }, { approval: { at: ['promotion'] } });
    world.failures.set('v2', 0.03);
    world.push('v2');
    await world.until('the gate', () => world.status().waitingFor === 'promotion', 400);
    expect(events(world, 'Release')).toContain('WaitingForApproval');
    world.editRelease((one) => {
      one['approvals'] = [{ gate: 'promotion', by: 'ana', onBehalfOf: '' }];
    });
    await reach(world, witness, 'Promoted', 100);
    expect(witness.violations).toEqual([]);
  });

  it('is aborted at once by a version that is bad, and by a newer one', async () => {
    const { world, witness } = await abTest();
    world.failures.set('v2', 0.6);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await reach(world, witness, 'Aborted', 40);
    expect(world.status()).toMatchObject({ reason: 'AnalysisFailed' });
    world.push('v1');
    await watch(world, witness, 5);
    world.push('v3');
    await reach(world, witness, 'Stepping.Analysing');
    happen('revert', world, witness);
    await reach(world, witness, 'Cancelled', 40);
    expect(witness.violations).toEqual([]);
  });

  it('waits in Pending for a metric that can name a winner', async () => {
    const { world, witness } = await abTest({ metrics: ['latency'] });
    world.push('v2');
    await watch(world, witness, 5);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'NoWinnerMetric' });
    expect(world.status().message).toContain('metric latency can name a winner');
  });
});
