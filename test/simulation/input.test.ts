import { describe, expect, it } from 'vitest';
import { NAME, NAMESPACE } from './fixtures.ts';
import { ROUTES } from './istio-hands.ts';
import { conditionOf, events, reach, rollout, started } from './scene.ts';
import type { World } from './world.ts';

describe('bad input', () => {
  const rows: [string, string, (world: World) => void, (world: World) => void][] = [
    [
      'a VirtualService that is not there',
      'VirtualServiceNotFound',
      (world) => world.cluster.delete('VirtualService', NAMESPACE, NAME),
      (world) =>
        void world.cluster.create({
          apiVersion: 'networking.istio.io/v1',
          kind: 'VirtualService',
          metadata: { name: NAME, namespace: NAMESPACE },
          spec: ROUTES,
        }),
    ],
    [
      'Recreate',
      'RecreateStrategy',
      (world) => world.editDeployment((one) => void (one['strategy'] = { type: 'Recreate' })),
      (world) => world.editDeployment((one) => void (one['strategy'] = { type: 'RollingUpdate' })),
    ],
    [
      'an unknown template',
      'TemplateNotFound',
      (world) => world.cluster.delete('ClusterAnalysisTemplate', '', 'errors'),
      (world) =>
        void world.cluster.create({
          apiVersion: 'sluice.dev/v1alpha1',
          kind: 'ClusterAnalysisTemplate',
          metadata: { name: 'errors' },
          spec: {
            metrics: [
              {
                name: 'error-rate',
                max: '5%',
                errors: { requests: 'requests{hash="{{hash}}"}', failures: 'failures{hash="{{hash}}"}' },
              },
            ],
          },
        }),
    ],
    [
      'paused by its owner',
      'PausedByOwner',
      (world) => world.editDeployment((one) => void (one['paused'] = true)),
      (world) => world.editDeployment((one) => void (one['paused'] = false)),
    ],
  ];

  it.each(rows)('%s: %s, before anything is pushed and after', async (_what, reason, spoil, mend) => {
    const { world, witness } = await started();
    spoil(world);
    await world.run(5);
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ status: 'False', reason });
    expect(conditionOf(world.deployment, 'SluiceReady')).toMatchObject({ status: 'False', reason });
    expect([events(world, 'Rollout').at(-1), events(world, 'Deployment').at(-1)]).toEqual([reason, reason]);
    world.push('v2');
    await world.run(30);
    expect(world.flow.shares.size).toBe(1);
    expect(world.pods.loads.get('v2')).toBeUndefined();
    world.cluster.writes.length = 0;
    await world.run(60);
    expect(world.cluster.writes.map(({ verb, object }) => `${verb} ${object.kind}`)).toEqual([]);
    mend(world);
    await reach(world, witness, 'Promoted', 200);
    await world.run(5);
    expect(conditionOf(world.deployment, 'SluiceReady')).toBeUndefined();
    expect(witness.violations).toEqual([]);
  });

  it.each([
    ['noData', 'MetricWithoutData'],
    ['error', 'MetricsUnreachable'],
    ['hanging', 'MetricsUnreachable'],
  ] as const)('metrics that are %s: %s', async (mode, reason) => {
    const { world, witness } = await started();
    world.metrics.mode = mode;
    world.push('v2');
    await world.run(30);
    expect(world.place()).toBe('Pending');
    expect(world.status()).toMatchObject({ reason });
    expect(conditionOf(rollout(world), 'Progressing')).toMatchObject({ status: 'False', reason });
    expect(conditionOf(world.deployment, 'SluiceReady')).toMatchObject({ reason });
    expect(events(world, 'Release')).toEqual([reason]);
    world.metrics.mode = 'ok';
    await reach(world, witness, 'Promoted');
  });

  it('nothing to compare with: replicas 0', async () => {
    const { world, witness } = await started();
    world.scale(0);
    await world.run(5);
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ status: 'True' });
    world.push('v2');
    await world.run(5);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'NoReplicas' });
    expect(conditionOf(world.deployment, 'SluiceReady')).toMatchObject({ reason: 'NoReplicas' });
    world.scale(2);
    witness.excuse(20_000);
    await reach(world, witness, 'Promoted');
  });
});
