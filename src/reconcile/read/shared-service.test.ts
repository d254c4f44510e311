import { describe, expect, it } from 'vitest';
import { createMemoryCluster } from '../../../test/fakes/memory-cluster.ts';
import type { KubeObject } from '../../api/meta.ts';
import { deploymentsBehind, sharedProblem, sharedServices } from './shared-service.ts';

const metadata = (name: string) => ({ name, namespace: 'shop' });
const service = (selector: object | undefined): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata('model'),
  spec: { selector },
});
const deployment = (name: string, labels: object, replicas = 2): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: metadata(name),
  spec: { replicas, template: { metadata: { labels } } },
});

describe('a Service', () => {
  it.each<[string, KubeObject[], string | undefined]>([
    ['of one Deployment', [service({ app: 'model' })], undefined],
    [
      'of two Deployments',
      [service({ app: 'model' }), deployment('b', { app: 'model', v: 'b' })],
      'ServiceShared',
    ],
    [
      'beside which another Deployment is',
      [service({ app: 'model' }), deployment('b', { app: 'other' })],
      undefined,
    ],
    [
      'whose other Deployment has no pods',
      [service({ app: 'model' }), deployment('b', { app: 'model' }, 0)],
      undefined,
    ],
    ['without a selector', [service(undefined), deployment('b', { app: 'model' })], undefined],
    ['that is gone', [deployment('b', { app: 'model' })], undefined],
  ])('%s', (_what, objects, reason) => {
    const cluster = createMemoryCluster({ now: () => 0 });
    for (const object of [deployment('model', { app: 'model' }), ...objects]) cluster.create(object);
    const shared = sharedServices(cluster.store, { namespace: 'shop', name: 'model' }, { app: 'model' });
    expect(sharedProblem(shared, 'model', 'routes')?.reason).toBe(reason);
  });
});

it.each([
  ['routes', 'would get no traffic during a release'],
  ['pods', "would count in the canary's share"],
] as const)('says what becomes of the other Deployment where %s divide the requests', (by, text) => {
  const message = sharedProblem({ model: 'b' }, 'model', by)?.message ?? '';
  expect(message).toContain(text);
  expect(message.includes('get no traffic')).toBe(by === 'routes');
});

const pool = (matchLabels: object): KubeObject => ({
  apiVersion: 'inference.networking.k8s.io/v1',
  kind: 'InferencePool',
  metadata: metadata('model'),
  spec: { selector: { matchLabels } },
});

describe('an InferencePool', () => {
  it.each([
    [{ app: 'model' }, { 'InferencePool/model': 'b' }],
    [{ app: 'model', v: 'a' }, {}],
  ])('by the labels %j', (labels, shared) => {
    const cluster = createMemoryCluster({ now: () => 0 });
    const objects = [
      deployment('model', { app: 'model', v: 'a' }),
      deployment('b', { app: 'model', v: 'b' }),
      pool(labels),
    ];
    for (const object of objects) cluster.create(object);
    const found = sharedServices(
      cluster.store,
      { namespace: 'shop', name: 'model' },
      { app: 'model', v: 'a' },
    );
    expect(found).toEqual(shared);
  });
});

describe('the Deployments behind Services', () => {
  it('are found before they have pods, too', () => {
    const cluster = createMemoryCluster({ now: () => 0 });
    const objects = [service({ app: 'epp' }), deployment('epp', { app: 'epp' }, 0), deployment('b', {})];
    for (const object of objects) cluster.create(object);
    const found = deploymentsBehind(cluster.store, 'shop', ['model', 'gone']);
    expect(found.map((one) => one.metadata.name)).toEqual(['epp']);
  });
});
