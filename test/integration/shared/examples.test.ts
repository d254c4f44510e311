import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Api, openApi } from '../../../hack/testbed/api.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { push } from '../../../hack/testbed/push.ts';
import { conditionOf } from '../../../hack/testbed/received-messages.ts';
import { trafficView } from '../../../hack/testbed/traffic-view.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Release } from '../../../src/api/release.ts';
import { type Client, createClient } from '../kubectl.ts';

const access = inject('access');
const controller = createController(access, { name: 'examples' });
const NAME = 'sentiment';

const example = (file: string): string =>
  fileURLToPath(new URL(`../../../manifests/examples/${file}`, import.meta.url));

/** A namespace with the example of a workload in it, as before Sluice. */
async function prepare(): Promise<{ api: Api; kubectl: Client }> {
  const namespace = `examples-${randomUUID().slice(0, 8)}`;
  const api = await openApi(access, namespace);
  await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const kubectl = createClient(access, ['--namespace', namespace]);
  await kubectl.ok(['apply', '-f', example('workload.yaml')]);
  await kubectl.ok(['rollout', 'status', `deployment/${NAME}`, '--timeout=60s']);
  return { api, kubectl };
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

describe('the examples of the documentation', () => {
  let namespace: Api;
  beforeAll(() => controller.start());
  afterEach(async () => {
    await namespace.remove('Namespace', namespace.namespace);
    await until('the Releases are gone', async () => (await namespace.list('Release')).length === 0);
  });
  afterAll(() => controller.stop());

  it('gate the workload by annotations', async () => {
    const { api, kubectl } = await prepare();
    namespace = api;
    await kubectl.ok(['patch', 'deployment', NAME, '--patch-file', example('annotations.yaml')]);
    const { spec } = await release(api, NAME);
    expect(spec).toMatchObject({ rollout: NAME, workload: { name: NAME } });
    expect(spec.policy).toMatchObject({ steps: [{ weight: 10 }, { weight: 25 }, { weight: 50 }] });
    expect(spec.metrics).toMatchObject([
      { name: 'errors', max: '1%' },
      { name: 'latency', max: '150ms' },
    ]);
  });

  it('gate the workload by a Rollout whose template measures by all means', async () => {
    const { api, kubectl } = await prepare();
    namespace = api;
    await kubectl.ok(['apply', '-f', example('metric-kinds.yaml')]);
    await kubectl.ok(['apply', '-f', example('rollout.yaml')]);
    const templates = [{ kind: 'AnalysisTemplate', name: 'sentiment-quality' }];
    await api.merge('Rollout', 'sentiment-policy', { spec: { analysis: { templates } } });
    const { spec } = await release(api, 'sentiment-policy');
    expect(spec.metrics.map(({ name }) => name)).toEqual(['load', 'labels', 'holdout', 'errors', 'latency']);
    expect(spec.metrics[1]?.webhook?.parameters).toMatchObject([
      { name: 'dataset', value: 's3://models/sentiment/holdout.jsonl' },
    ]);
  });

  it('gate the workload by a Rollout', async () => {
    const { api, kubectl } = await prepare();
    namespace = api;
    await kubectl.ok(['apply', '-f', example('rollout.yaml')]);
    const { spec } = await release(api, 'sentiment-policy');
    expect(spec).toMatchObject({ rollout: 'sentiment-policy', workload: { name: NAME } });
    expect(spec.policy).toMatchObject({
      traffic: { istio: { virtualService: NAME, routes: ['predict'] } },
      onAbort: 'hold',
    });
  });
});
