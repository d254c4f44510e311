import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { type Api, openApi } from '../../../hack/testbed/api.ts';
import { conditionOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { trafficView } from '../../../hack/testbed/evidence/traffic-view.ts';
import { push } from '../../../hack/testbed/push.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { type Client, createClient } from '../kubectl.ts';

const access = inject('access');
const NAME = 'sentiment';

const example = (file: string): string =>
  fileURLToPath(new URL(`../../../manifests/examples/${file}`, import.meta.url));

/** Plays in a namespace with the example of a workload in it, as before Sluice, and takes it away however that ends. */
async function onExample(play: (api: Api, kubectl: Client) => Promise<void>): Promise<void> {
  const namespace = `examples-${randomUUID().slice(0, 8)}`;
  const api = await openApi(access, namespace);
  await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  try {
    const kubectl = createClient(access, ['--namespace', namespace]);
    await kubectl.ok(['apply', '-f', example('workload.yaml')]);
    await kubectl.ok(['rollout', 'status', `deployment/${NAME}`, '--timeout=60s']);
    await play(api, kubectl);
  } finally {
    await api.remove('Namespace', namespace);
    await until('the Releases are gone', async () => (await api.list('Release')).length === 0);
  }
}

/** Pushes the next version, which must be held in the same write, and answers the Release that begins. */
async function release(api: Api, rollout: string): Promise<Release> {
  await until(`Rollout ${rollout} gates`, async () => {
    const ready = conditionOf(await api.get('Rollout', rollout), 'Ready');
    const { metadata } = (await api.get('Deployment', NAME)) ?? {};
    return ready?.reason === 'Gated' && metadata?.annotations?.['sluice.dev/gate'] === rollout;
  });
  const deployment = await push(api, NAME, { version: 'v2', env: {} });
  expect(deployment['spec']).toMatchObject({ paused: true });
  return trafficView<Release>(api, 'Release', 'is under way', ({ status }) => status !== undefined);
}

describe.concurrent('the examples of the documentation', () => {
  it('gate the workload by annotations', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['patch', 'deployment', NAME, '--patch-file', example('annotations.yaml')]);
      const { spec } = await release(api, NAME);
      expect(spec).toMatchObject({ rollout: NAME, workload: { name: NAME } });
      expect(spec.policy).toMatchObject({ steps: [{ weight: 10 }, { weight: 25 }, { weight: 50 }] });
      expect(spec.metrics).toMatchObject([
        { name: 'errors', max: '1%' },
        { name: 'latency', max: '150ms' },
      ]);
    }));

  it('gate the workload by a Rollout whose template measures by all means', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('metric-kinds.yaml')]);
      await kubectl.ok(['apply', '-f', example('rollout.yaml')]);
      const templates = [{ kind: 'AnalysisTemplate', name: 'sentiment-quality' }];
      await api.merge('Rollout', 'sentiment-policy', { spec: { analysis: { templates } } });
      const { spec } = await release(api, 'sentiment-policy');
      expect(spec.metrics.map(({ name }) => name)).toEqual([
        'load',
        'labels',
        'holdout',
        'errors',
        'latency',
      ]);
      expect(spec.metrics[1]?.webhook?.parameters).toMatchObject([
        { name: 'dataset', value: 's3://models/sentiment/holdout.jsonl' },
      ]);
    }));

  it('gate the workload behind a route of the Gateway API', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('gateway-api.yaml')]);
      const { spec } = await release(api, 'sentiment-routes');
      expect(spec.policy.traffic).toEqual({ gatewayAPI: { httpRoutes: [NAME] } });
    }));

  it('say what is missing where the InferencePool is not there, and leave its route alone', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('inference-pool.yaml')]);
      await until('the Rollout says that the pool is not there', async () => {
        const ready = conditionOf(await api.get('Rollout', 'sentiment-pool'), 'Ready');
        return ready?.reason === 'InferencePoolNotFound' && ready.message.includes('its CRD');
      });
      const route = await api.get('HTTPRoute', NAME);
      expect(JSON.stringify(route?.['spec'])).not.toContain('-sluice-');
    }));

  it('gate the workload without a mesh', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('no-mesh.yaml')]);
      const { spec } = await release(api, 'sentiment-plain');
      expect(spec).toMatchObject({
        shares: 'pods',
        policy: { traffic: { service: {} }, steps: [{ weight: 25 }] },
      });
    }));

  it('gate the workload by a guarded rolling update', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('rolling-update.yaml')]);
      const { spec } = await release(api, 'sentiment-update');
      const steps = [{ weight: 25, bake: '1m' }];
      expect(spec).toMatchObject({ shares: 'pods', policy: { traffic: { none: {} }, steps } });
    }));

  it('gate the workload by a Rollout', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('rollout.yaml')]);
      const { spec } = await release(api, 'sentiment-policy');
      expect(spec).toMatchObject({ rollout: 'sentiment-policy', workload: { name: NAME } });
      expect(spec.policy).toMatchObject({
        traffic: { istio: { virtualService: NAME, routes: ['predict'] } },
        onAbort: 'hold',
      });
    }));

  it('gate the workload by an A/B test', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('ab-test.yaml')]);
      const { spec } = await release(api, 'sentiment-test');
      expect(spec.policy).toMatchObject({ abTest: { weight: 50, for: '24h', decide: 'verdict' } });
    }));

  it('gate the workload by blue/green', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('blue-green.yaml')]);
      const { spec } = await release(api, 'sentiment-blue-green');
      expect(spec.policy).toMatchObject({
        blueGreen: { scaleDownDelay: '10m' },
        approval: { at: ['switch'] },
      });
    }));

  it('gate the workload by blue/green with a host for its preview', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('preview-host.yaml')]);
      const { spec } = await release(api, 'sentiment-preview');
      expect(spec.policy.blueGreen?.preview).toEqual({ host: 'preview.sentiment.example' });
    }));

  it('gate the workload by a Rollout whose first steps choose requests', () =>
    onExample(async (api, kubectl) => {
      await kubectl.ok(['apply', '-f', example('chosen-requests.yaml')]);
      const { spec } = await release(api, 'sentiment-chosen');
      const chosen = spec.policy.steps?.map(({ mirror, match, weight }) => mirror ?? match?.length ?? weight);
      expect(chosen).toEqual([20, 2, 1, 25, 50]);
    }));
});
