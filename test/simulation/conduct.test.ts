import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import { NAME, NAMESPACE, rolloutOf, templateOf } from './fixtures.ts';
import { happen } from './happenings.ts';
import { conditionOf, events, images, reach, rollout, specOf, started, weights } from './scene.ts';

describe('drift', () => {
  it.each([
    ['in a step', {}, 'Stepping.Analysing'],
    ['while a person is waited for', { policy: { approval: { at: ['25'] } } }, 'Stepping.Analysing'],
  ])('is corrected %s', async (_what, options, place) => {
    const { world, witness } = await started(options);
    world.push('v2');
    await reach(world, witness, place);
    await world.run(8);
    const before = weights(world);
    happen('editWeights', world, witness);
    expect(weights(world)).not.toEqual(before);
    await world.settle();
    expect(weights(world)).toEqual(before);
  });

  it('is corrected while the metrics hang', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.metrics.mode = 'hanging';
    await world.run(4);
    happen('editWeights', world, witness);
    await world.settle();
    expect(weights(world)).toEqual([90, 10]);
  });
});

describe('people', () => {
  it('hold a release and let it continue', async () => {
    const { world, witness } = await started({ policy: { approval: { at: ['10', 'promotion'] } } });
    const approve = (gate: string): void =>
      world.editRelease((one) => {
        one['approvals'] = [...((one['approvals'] ?? []) as object[]), { gate, by: 'ana', onBehalfOf: '' }];
      });
    world.push('v2');
    await world.run(40);
    expect([world.place(), world.status().waitingFor]).toEqual(['Starting.Loading', '10']);
    expect(conditionOf(rollout(world), 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'WaitingForApproval',
    });
    approve('10');
    await reach(world, witness, 'Stepping.Analysing');
    happen('pause', world, witness);
    await world.run(60);
    expect([world.place(), world.status().weight, world.status().reason]).toEqual([
      'Stepping.Analysing',
      10,
      'Paused',
    ]);
    happen('goOn', world, witness);
    await world.run(60);
    expect([world.status().weight, world.status().waitingFor]).toEqual([50, 'promotion']);
    approve('promotion');
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('who pause the Deployment during the update are respected', async () => {
    const { world, witness } = await started({ loadMs: 6_000 });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating');
    await world.run(1);
    happen('ownerPauses', world, witness);
    await world.run(20);
    expect([world.place(), world.status().reason]).toEqual(['Promoting.Updating', 'PausedByOwner']);
    expect(specOf(world.deployment)['paused']).toBe(true);
    happen('ownerResumes', world, witness);
    await reach(world, witness, 'Promoted');
  });
});

describe('what cannot be read', () => {
  it('is left alone and reported', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    const before = weights(world);
    world.cluster.update(
      'Release',
      NAMESPACE,
      world.release()?.metadata.name ?? '',
      (draft) => {
        draft['status'] = { ...(draft['status'] as object), stage: 'Warming' };
      },
      'status',
    );
    world.cluster.writes.length = 0;
    await world.run(20);
    world.push('v3');
    await world.run(20);
    expect(weights(world)).toEqual(before);
    expect(world.releases).toHaveLength(1);
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ status: 'False', reason: 'UnknownPhase' });
    expect(events(world, 'Rollout').filter((reason) => reason === 'UnknownPhase')).toHaveLength(1);
    const kinds = new Set(
      world.cluster.writes.map(({ object, subresource }) => `${object.kind} ${subresource}`),
    );
    expect([...kinds]).toEqual(['Rollout status', 'Deployment status']);
  });
});

describe('two Rollouts for one Deployment', () => {
  it('do not fight: the first has it until it goes', async () => {
    const { world, witness } = await started();
    const other = rolloutOf(world.options, 'other');
    world.cluster.create(other);
    await world.run(5);
    const second = (): KubeObject | null => world.cluster.get('Rollout', NAMESPACE, 'other');
    expect(conditionOf(second(), 'Ready')).toMatchObject({ status: 'False', reason: 'WorkloadTaken' });
    world.push('v2');
    await reach(world, witness, 'Promoted');
    expect(world.releases.map(({ spec: { rollout: name } }) => name)).toEqual([NAME]);
    happen('deleteRollout', world, witness);
    await world.run(10);
    expect(world.deployment?.metadata.annotations?.['sluice.dev/gate']).toBe('other');
    expect(conditionOf(second(), 'Ready')).toMatchObject({ status: 'True' });
  });
});

describe('what both versions read', () => {
  it('is said when the release begins, and stops nothing', async () => {
    const { world, witness } = await started();
    const read = (image: string) =>
      world.editDeployment((spec) => {
        const template = templateOf(image);
        const { containers } = template['spec'] as { containers: object[] };
        const envFrom = [{ configMapRef: { name: 'thresholds' } }];
        spec['template'] = {
          ...template,
          spec: { containers: containers.map((one) => ({ ...one, envFrom })) },
        };
      });
    read('v2');
    await reach(world, witness, 'Promoted', 200);
    expect(world.cluster.recorded.map(({ note }) => note).join()).not.toContain('thresholds');
    read('v3');
    await world.run(2);
    await reach(world, witness, 'Promoted', 200);
    const told = world.cluster.recorded.find(({ note }) => note.includes('ConfigMap thresholds'));
    expect(told).toMatchObject({ type: 'Normal', reason: 'PreflightPassed' });
    expect(witness.violations).toEqual([]);
  });
});

describe('what the API server refuses', () => {
  it('is reported, and deadlines are kept all the same', async () => {
    const { world } = await started({
      policy: { deadlines: { start: '20s', step: '30s', promotion: '60s' } },
    });
    world.fate = ({ object, verb }) =>
      object.kind === 'ReplicaSet' && verb === 'create' ? 'refused' : undefined;
    world.push('v2');
    await world.run(60);
    expect(world.status()).toMatchObject({ phase: 'Aborted', reason: 'StartDeadlineExceeded' });
    expect(events(world, 'Release')).toContain('ReplicaSetRefused');
    expect(world.status().message).toContain('forbidden: no');
  });

  it('continues once it is allowed', async () => {
    const { world, witness } = await started();
    let refusals = 0;
    world.fate = ({ object, verb }) => {
      if (object.kind !== 'Release' || verb !== 'create' || refusals > 0) return undefined;
      refusals += 1;
      return 'refused';
    };
    world.push('v2');
    await world.run(10);
    expect(events(world, 'Rollout')).toEqual(['ReleaseRefused']);
    world.cluster.recorded.length = 0;
    await reach(world, witness, 'Promoted', 200);
  });
});

describe('a Rollout that is given another workload', () => {
  it('lets the one before it go', async () => {
    const { world } = await started();
    world.cluster.update('Rollout', NAMESPACE, NAME, (draft) => {
      draft['spec'] = { ...(draft['spec'] as object), target: { kind: 'Deployment', name: 'else' } };
    });
    await world.run(5);
    expect(world.deployment?.metadata.annotations?.['sluice.dev/gate']).toBeUndefined();
    world.push('v2');
    await world.run(30);
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
  });
});

describe('API requests', () => {
  it('are none while nothing happens', async () => {
    const { world } = await started();
    await world.run(300);
    expect(world.cluster.writes).toEqual([]);
  });

  it.each([true, false])('are none about messages where there is nobody to tell: %s', async (nobody) => {
    const { world, witness } = await started();
    world.nobody = nobody;
    world.push('v2');
    await reach(world, witness, 'Promoted');
    const { messages, notified } = world.status();
    expect(notified).toBe(nobody ? messages?.at(-1)?.seq : undefined);
  });

  it('of a clean release of three steps are few', async () => {
    const analysis = { templates: [{ name: 'errors' }], minRequests: 10 };
    const deadlines = { start: '15m', step: '1h', promotion: '1h' };
    const { world, witness } = await started({ policy: { analysis, deadlines, settle: '2s', drain: '10s' } });
    world.cluster.recorded.length = 0;
    world.push('v2');
    await reach(world, witness, 'Promoted', 400);
    await world.run(60);
    const counts = new Map<string, number>();
    for (const { object, subresource } of world.cluster.writes) {
      const what = subresource === undefined ? object.kind : `${object.kind} ${subresource}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toMatchInlineSnapshot(`
      {
        "Deployment": 2,
        "DestinationRule": 2,
        "Release": 2,
        "Release status": 12,
        "ReplicaSet": 3,
        "Rollout status": 2,
        "VirtualService": 7,
      }
    `);
    expect(world.cluster.writes.length).toMatchInlineSnapshot(`30`);
    expect(world.cluster.recorded.length).toMatchInlineSnapshot(`3`);
  });
});

describe('the verdict of a release that was promoted', () => {
  it.each(['noData', 'error'] as const)(
    'is the last verdict with data, if the update ends with %s',
    async (mode) => {
      const { world, witness } = await started({ loadMs: 12_000 });
      world.push('v2');
      await reach(world, witness, 'Promoting.Updating', 200);
      world.metrics.mode = mode;
      await reach(world, witness, 'Promoted', 200);
      const { verdict, analysis } = world.status();
      expect(verdict).toBe('pass');
      expect(analysis?.metrics.map((metric) => metric.verdict)).toEqual(['pass']);
      expect(analysis?.metrics[0]?.message).toContain('error rate');
    },
  );
});
