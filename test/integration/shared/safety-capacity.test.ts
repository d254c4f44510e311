import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { MODEL, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { replicasOf, sizeOf, untilPromoted, untilServing, versionsOf } from '../capacity.ts';
import { type ExternalMetrics, serveExternalMetrics } from '../external-metrics.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const kubectl = createClient(access);

async function untilSize(site: Site, size: number): Promise<void> {
  await until(`the Deployment has ${size} replicas`, async () => (await sizeOf(site)) === size);
}

async function untilCanary(site: Site, { spec }: Release, size: number): Promise<void> {
  await until(`the canary has ${size} pods`, async () => {
    const set = await site.api.get('ReplicaSet', spec.canary.replicaSet);
    return replicasOf(set) === size;
  });
}

/** How long a release took. */
const seconds = ({ status }: Release): number =>
  (Date.parse(status?.finishedAt ?? '') - Date.parse(status?.startedAt ?? '')) / 1_000;

describe.concurrent('a Deployment whose size changes in mid-release', () => {
  let metrics: ExternalMetrics;
  beforeAll(async () => {
    metrics = await serveExternalMetrics(kubectl);
  });
  afterAll(() => metrics.stop());

  it('by the HorizontalPodAutoscaler: the canary follows its share, and no request is lost', async () => {
    await onSite(access, { annotations: QUICK, env: { LOAD_SECONDS: '2' } }, async (site) => {
      const { api, namespace } = site;
      metrics.set(namespace, 2);
      await api.create({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: MODEL },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: MODEL },
          minReplicas: 1,
          maxReplicas: 8,
          behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
          metrics: [
            {
              type: 'External',
              external: { metric: { name: 'load' }, target: { type: 'AverageValue', averageValue: '1' } },
            },
          ],
        },
      });
      await site.untilGated();
      const v2 = await site.push('v2');
      const release = await site.untilIn(v2, 'Starting');
      metrics.set(namespace, 3);
      await untilSize(site, 3);
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await site.act(v2, { paused: true });
      metrics.set(namespace, 5);
      await untilSize(site, 5);
      await untilCanary(site, release, 2);
      metrics.set(namespace, 3);
      await untilSize(site, 3);
      await untilCanary(site, release, 1);
      await site.act(v2, { paused: false });
      await site.untilIn(v2, 'Promoting', 'Updating');
      metrics.set(namespace, 4);
      await untilPromoted(site, v2);
      await untilSize(site, 4);
      await untilServing(site, 'v2', 4);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it('by kubectl scale in every phase: it is promoted at the new size, and no request is lost', async () => {
    await onSite(access, { annotations: QUICK, env: { LOAD_SECONDS: '2' } }, async (site) => {
      const own = kubectl.with('--namespace', site.namespace);
      const scale = (size: number): Promise<string> =>
        own.ok(['scale', `deployment/${MODEL}`, `--replicas=${size}`]);
      await site.untilGated();
      const v2 = await site.push('v2');
      const release = await site.untilIn(v2, 'Starting');
      await scale(3);
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await site.act(v2, { paused: true });
      await scale(6);
      await untilCanary(site, release, 2);
      await scale(2);
      await untilCanary(site, release, 1);
      await site.act(v2, { paused: false });
      await site.untilIn(v2, 'Promoting', 'Updating');
      await scale(4);
      await untilPromoted(site, v2);
      await untilServing(site, 'v2', 4);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it('to nothing and back, as KEDA does: the release continues where it was', async () => {
    await onSite(
      access,
      {
        annotations: {
          ...QUICK,
          'sluice.dev/max-error-rate': '99%',
          'sluice.dev/max-error-rate-increase': '99pp',
        },
      },
      async (site) => {
        const own = kubectl.with('--namespace', site.namespace);
        await site.untilGated();
        const v2 = await site.push('v2');
        await site.untilIn(v2, 'Stepping', 'Analysing');
        await site.act(v2, { paused: true });
        await own.ok(['scale', `deployment/${MODEL}`, '--replicas=0']);
        await until('stable has no pods', async () => !versionsOf(await site.pods()).includes('v1'));
        await own.ok(['scale', `deployment/${MODEL}`, '--replicas=2']);
        await until('stable is back', async () => {
          const { readyReplicas = 0 } = (await site.deployment()).object['status'] as Record<string, number>;
          return readyReplicas === 2;
        });
        await site.act(v2, { paused: false });
        const ended = await site.untilEnded(v2);
        expect(ended.status).toMatchObject({ phase: 'Promoted' });
        await untilServing(site, 'v2', 2);
      },
    );
  });

  it('back to what served before: without steps, where the policy has a window', async () => {
    await onSite(access, {}, async (site) => {
      await site.api.create(quickRollout('policy', { rollbackWindow: { revisions: 2 } }));
      await site.untilGated('policy');
      const v2 = await site.push('v2');
      const first = await untilPromoted(site, v2);
      await site.untilGated('policy');
      const v1 = await site.push('v1');
      const second = await untilPromoted(site, v1);
      expect(second.spec.rollback).toContain('rollbackWindow.revisions 2');
      console.log(`a release takes ${seconds(first)} s, and coming back ${seconds(second)} s`);
      expect(seconds(second)).toBeLessThan(seconds(first));
      await untilServing(site, 'v1', 2);
    });
  });
});
