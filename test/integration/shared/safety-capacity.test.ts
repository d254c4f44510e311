import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startLoad } from '../../../hack/load/load.ts';
import { isFailed } from '../../../hack/load/record.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { MODEL, modelObjects, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { trafficView } from '../../../hack/testbed/traffic-view.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { Release } from '../../../src/api/release.ts';
import { type ExternalMetrics, serveExternalMetrics } from '../external-metrics.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const controller = createController(access, { name: 'capacity' });
const kubectl = createClient(access);

const replicasOf = (object: KubeObject | null): number =>
  (object?.['spec'] as { replicas?: number } | undefined)?.replicas ?? -1;

const sizeOf = async ({ api }: Site): Promise<number> => replicasOf(await api.get('Deployment', MODEL));

async function untilSize(site: Site, size: number): Promise<void> {
  await until(`the Deployment has ${size} replicas`, async () => (await sizeOf(site)) === size);
}

async function untilCanary(site: Site, { spec }: Release, size: number): Promise<void> {
  await until(`the canary has ${size} pods`, async () => {
    const set = await site.api.get('ReplicaSet', spec.canary.replicaSet);
    return replicasOf(set) === size;
  });
}

async function untilServing(site: Site, version: string, pods: number): Promise<void> {
  await until(`${pods} pods of ${version} serve`, async () => {
    const { object, version: template, paused } = await site.deployment();
    const { readyReplicas = 0, replicas = 0 } = object['status'] as Record<string, number>;
    return template === version && !paused && readyReplicas === pods && replicas === pods;
  });
}

const versionsOf = (pods: readonly KubeObject[]): string[] =>
  pods
    .map(
      (pod) => (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image.split(':')[1] ?? '',
    )
    .toSorted();

/** The containers of the model ask for so many GPUs each. */
function withGpus(count: string, replicas: number): { replicas: number; deployment: object } {
  const [deployment] = modelObjects('unused');
  const { template } = (deployment as KubeObject)['spec'] as {
    template: { metadata: object; spec: { containers: object[] } };
  };
  const containers = template.spec.containers.map((one) => ({
    ...one,
    resources: { limits: { 'nvidia.com/gpu': count } },
  }));
  return { replicas, deployment: { template: { ...template, spec: { ...template.spec, containers } } } };
}

/** How long a release took. */
const seconds = ({ status }: Release): number =>
  (Date.parse(status?.finishedAt ?? '') - Date.parse(status?.startedAt ?? '')) / 1_000;

/** Promoted, and nobody lost a request on the way. */
async function untilPromoted(site: Site, pushed: Pushed): Promise<Release> {
  const ended = await site.untilEnded(pushed);
  expect(ended.status).toMatchObject({ phase: 'Promoted' });
  expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
  return ended;
}

describe('capacity', () => {
  beforeAll(() => controller.start());
  afterAll(() => controller.stop());

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
        await site.act(v2, { paused: true });
        await site.untilIn(v2, 'Stepping', 'Analysing');
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

    it('to nothing and back, as KEDA does: the release goes on where it was', async () => {
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
            const { readyReplicas = 0 } = (await site.deployment()).object['status'] as Record<
              string,
              number
            >;
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

  describe('GPUs', () => {
    it('are waited for in line: two Rollouts of a namespace with a budget for one', async () => {
      await onSite(access, { ...withGpus('1', 1), rate: 60 }, async (site) => {
        const { api } = site;
        const canary = { mode: 'surge', budget: [{ resource: 'nvidia.com/gpu', max: '1' }] };
        const twin = modelObjects(`other.${site.host}`, withGpus('1', 1)).map(
          (object) => JSON.parse(JSON.stringify(object).replaceAll(`"${MODEL}"`, '"other"')) as KubeObject,
        );
        for (const object of twin) await api.create(object);
        const load = startLoad({
          url: `${access.gatewayUrl}/predict`,
          host: `other.${site.host}`,
          rate: 10,
          seconds: 120,
        });
        await api.create(quickRollout('policy', { canary }));
        const analysis = {
          ...(quickRollout('x')['spec'] as { analysis: object }).analysis,
          minRequests: 1,
          minWindows: 1000,
        };
        await api.create(
          quickRollout('second', {
            canary,
            analysis,
            target: { name: 'other' },
            traffic: { istio: { virtualService: 'other' } },
          }),
        );
        await site.untilGated('policy');
        await until('the gate is on the other Deployment', async () => {
          const { metadata } = (await api.get('Deployment', 'other')) ?? {};
          return metadata?.annotations?.['sluice.dev/gate'] === 'second';
        });
        const v2 = await site.push('v2');
        await site.untilIn(v2, 'Starting');
        const env = '/spec/template/spec/containers/0/image';
        await api.patch('Deployment', 'other', [
          { op: 'replace', path: env, value: 'sluice.dev/model-server:v2' },
        ]);
        const waiting = await trafficView<Release>(
          api,
          'Release',
          'waits for the budget',
          ({ spec, status }) => spec.rollout === 'second' && status?.reason === 'WaitingForBudget',
        );
        expect(waiting.status).toMatchObject({ phase: 'Pending', replicas: 0 });
        expect(waiting.status?.message).toMatch(
          /needs 1 nvidia\.com\/gpu; 1 of 1 \(canary\.budget\) are taken by policy-/,
        );
        expect(await api.get('ReplicaSet', waiting.spec.canary.replicaSet)).toBeNull();
        const first = await untilPromoted(site, v2);
        const second = await trafficView<Release>(
          api,
          'Release',
          'has begun',
          ({ spec, status }) => spec.rollout === 'second' && status?.startedAt !== undefined,
        );
        await load.stop();
        expect(Date.parse(second.status?.startedAt ?? '')).toBeGreaterThanOrEqual(
          Date.parse(first.status?.finishedAt ?? ''),
        );
      });
    });

    it('are borrowed where none is free: one stable pod gives way, and the Deployment gets its size back', async () => {
      await onSite(access, { ...withGpus('4', 2), rate: 30 }, async (site) => {
        await site.api.create(quickRollout('policy', { canary: { mode: 'borrow' } }));
        await site.untilGated('policy');
        const v2 = await site.push('v2');
        await site.untilIn(v2, 'Stepping', 'Analysing');
        expect(await sizeOf(site)).toBe(1);
        expect(versionsOf(await site.pods())).toEqual(['v1', 'v2']);
        await untilPromoted(site, v2);
        await untilServing(site, 'v2', 2);
        const v3 = await site.push('v3', { ERROR_SHARE: '0.9' });
        const ended = await site.untilEnded(v3);
        expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
        await until(
          'stable has its two pods again',
          async () => versionsOf(await site.pods()).join() === 'v2,v2',
        );
        expect(await sizeOf(site)).toBe(2);
      });
    });
  });
});
