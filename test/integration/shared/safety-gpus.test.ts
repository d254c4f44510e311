import { describe, expect, inject, it } from 'vitest';
import { startLoad } from '../../../hack/load/load.ts';
import { trafficView } from '../../../hack/testbed/evidence/traffic-view.ts';
import { MODEL, modelObjects, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { sizeOf, untilPromoted, untilServing, versionsOf } from '../capacity.ts';

const access = inject('access');

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

/** One after the other: the node has eight of them, which the second test takes. */
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
