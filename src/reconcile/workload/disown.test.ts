import { describe, expect, it } from 'vitest';
import { createMemoryCluster } from '../../../test/fakes/memory-cluster.ts';
import { API_VERSION, type KubeObject } from '../../api/meta.ts';
import { ownsFields } from '../../api/owned-fields.ts';
import type { Kind } from '../../ports/cluster.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { disown } from './disown.ts';

const managedFields = [
  { manager: 'gitops', operation: 'Apply' },
  { manager: 'sluice', operation: 'Update' },
];
const object = (kind: Kind, spec: object = {}): KubeObject => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name: 'model', namespace: 'shop', managedFields },
  spec,
});
const release = (phase: string, virtualService = 'model', workload = 'model'): KubeObject => ({
  ...object('Release', {
    workload: { name: workload },
    policy: { traffic: { istio: { virtualService } } },
  }),
  status: { phase, ...(phase === 'Pending' ? {} : { service: 'model', routes: [] }) },
});
const BESIDE = { phase: 'Stepping', service: 'model', routes: [{ virtualService: 'model' }] };
const split = { http: [{ route: [{ destination: { host: 'model', subset: 'sluice-canary' } }] }] };

const rolloutSpec = {
  target: { name: 'other' },
  traffic: { istio: { virtualService: 'model' } },
  analysis: { templates: [{ name: 'errors' }] },
  steps: [{ weight: 10 }],
};
const OURS = { rollout: 'model', workload: 'model' };

describe('fields that a release has written', () => {
  it.each<[string, KubeObject[], Kind[]]>([
    ['after it has ended', [release('Promoted')], []],
    ['without a Release', [], []],
    ['while it is under way', [release('Stepping')], ['Deployment', 'VirtualService']],
    ['before it has begun', [release('Pending')], ['Deployment']],
    ['while another one uses the same routes', [release('Stepping', 'model', 'other')], ['VirtualService']],
    ['while one of other routes is under way', [release('Stepping', 'other', 'other')], []],
    [
      'while a release that splits these beside its own is running',
      [{ ...release('Stepping', 'other', 'other'), status: BESIDE }],
      ['VirtualService'],
    ],
  ])('are owned %s by us where it needs them', async (_when, releases, owned) => {
    const cluster = createMemoryCluster({ now: () => 0 });
    for (const one of [object('Deployment'), object('VirtualService'), ...releases]) cluster.create(one);
    await disown({ ...cluster, routers: ROUTERS }, 'shop', OURS);
    const all = (['Deployment', 'VirtualService'] as const).filter((kind) => {
      const found = cluster.get(kind, 'shop', 'model');
      return found !== null && ownsFields(found);
    });
    expect(all).toEqual(owned);
  });

  it('stay ours in a VirtualService whose routes came in the middle of a release', async () => {
    const cluster = createMemoryCluster({ now: () => 0 });
    cluster.create(release('Promoting', 'other', 'other'));
    const rule = object('DestinationRule');
    const annotations = {
      'sluice.dev/release-uid': cluster.all('Release')[0]?.metadata.uid ?? '',
      'sluice.dev/routes': '[{"virtualService":"model","destinations":[]}]',
    };
    cluster.create({ ...rule, metadata: { ...rule.metadata, annotations } });
    cluster.create(object('VirtualService'));
    await disown({ ...cluster, routers: ROUTERS }, 'shop', OURS);
    expect(cluster.writes).toEqual([]);
  });

  it('stay ours where a route names our subsets', async () => {
    const cluster = createMemoryCluster({ now: () => 0 });
    cluster.create(object('VirtualService', split));
    await disown({ ...cluster, routers: ROUTERS }, 'shop', OURS);
    expect(cluster.writes).toEqual([]);
  });
});

describe('routes of a VirtualService that releases have written', () => {
  const rollout = (name: string, spec: object = rolloutSpec): KubeObject => {
    const one = object('Rollout', spec);
    return { ...one, metadata: { ...one.metadata, name } };
  };
  it.each<[string, KubeObject[], boolean]>([
    ['by nobody, by the pass of any Rollout', [], false],
    ['by this Rollout', [rollout('model')], false],
    ['by another one, by its own pass', [rollout('other')], true],
    ['by both, by either', [rollout('model'), rollout('other')], false],
    ['by a Rollout that cannot be read, by any', [rollout('other', { ...rolloutSpec, steps: 'no' })], false],
  ])('are released if they are used %s', async (_who, rollouts, stay) => {
    const cluster = createMemoryCluster({ now: () => 0 });
    for (const one of [object('VirtualService'), ...rollouts]) cluster.create(one);
    await disown({ ...cluster, routers: ROUTERS }, 'shop', OURS);
    const found = cluster.get('VirtualService', 'shop', 'model');
    expect(found !== null && ownsFields(found)).toBe(stay);
  });
});
