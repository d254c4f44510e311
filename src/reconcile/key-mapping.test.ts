import { describe, expect, it } from 'vitest';
import { release, rollout } from '../../test/fixtures/release.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Kind, Store } from '../ports/cluster.ts';
import { ROUTERS } from '../traffic/registry.ts';
import { keysOfChange } from './key-mapping.ts';

const owned = (kind: string, name: string): Partial<KubeObject['metadata']> => ({
  ownerReferences: [{ apiVersion: 'v1', kind, name, uid: 'u', controller: true }],
});

function object(kind: Kind, metadata: Partial<KubeObject['metadata']> = {}, namespace = 'shop'): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'model', namespace, ...metadata } };
}

const objects: KubeObject[] = [
  rollout({}, { name: 'one' }),
  { ...rollout({}, { name: 'other' }), spec: { target: { name: 'else' } } },
  release(),
];
const store: Store = {
  get: (kind, namespace, name) =>
    objects.find(
      (one) => one.kind === kind && one.metadata.namespace === namespace && one.metadata.name === name,
    ) ?? null,
  list: (kind, namespace) =>
    objects.filter((one) => one.kind === kind && one.metadata.namespace === namespace),
};

describe('a new object', () => {
  it.each<[string, KubeObject, string[]]>([
    ['a Rollout', object('Rollout', { name: 'one' }), ['rollout/shop/one']],
    [
      'a Rollout of annotations',
      object('Rollout', { name: 'one', ...owned('Deployment', 'model') }),
      ['rollout/shop/one', 'workload/shop/model'],
    ],
    ['a Release', release(), ['rollout/shop/model']],
    ['a Deployment', object('Deployment'), ['rollout/shop/one']],
    [
      'a Deployment with annotations',
      object('Deployment', { annotations: { 'sluice.dev/rollout': 'true' } }),
      ['workload/shop/model', 'rollout/shop/one'],
    ],
    [
      'a Deployment under the gate of a Rollout that is gone',
      object('Deployment', { annotations: { 'sluice.dev/gate': 'gone' } }),
      ['rollout/shop/gone', 'rollout/shop/one'],
    ],
    ['a Deployment of nobody', object('Deployment', { name: 'nobody' }), []],
    [
      'a ReplicaSet of a Deployment',
      object('ReplicaSet', owned('Deployment', 'model')),
      ['rollout/shop/one'],
    ],
    ['a ReplicaSet of a Release', object('ReplicaSet', owned('Release', 'model-h2')), ['rollout/shop/model']],
    ['a ReplicaSet of nobody', object('ReplicaSet'), []],
    ['a VirtualService', object('VirtualService'), ['rollout/shop/one', 'rollout/shop/other']],
    [
      'a rule of another namespace for a Service of this one',
      { ...object('DestinationRule', {}, 'team'), spec: { host: 'model.shop.svc.cluster.local' } },
      ['rollout/shop/one', 'rollout/shop/other'],
    ],
    [
      'a rule of another namespace for every Service',
      { ...object('DestinationRule', {}, 'team'), spec: { host: '*.local' } },
      [],
    ],
    [
      'routes of another namespace to a Service of this one',
      {
        ...object('VirtualService', {}, 'team'),
        spec: { http: [{ route: [{ destination: { host: 'model.shop.svc.cluster.local' } }] }] },
      },
      ['rollout/shop/one', 'rollout/shop/other'],
    ],
    ['a Service elsewhere', object('Service', {}, 'elsewhere'), []],
    ['a template of the namespace', object('AnalysisTemplate'), ['rollout/shop/one', 'rollout/shop/other']],
    [
      'a template of the cluster',
      object('ClusterAnalysisTemplate', {}, ''),
      ['rollout/shop/one', 'rollout/shop/other'],
    ],
  ])('%s', (_what, changed, keys) => {
    const deps = { store, routers: ROUTERS, namespaces: () => ['shop', ''] };
    const change = { kind: changed.kind, object: changed, previous: null };
    expect([...keysOfChange(deps, change)]).toEqual(keys);
  });
});

const named = (spec: object): KubeObject => ({ ...object('VirtualService', { name: 'one' }), spec });
const to = (subset: string, weight: number): object => ({ destination: { host: 'model', subset }, weight });
const split = (...route: object[]): KubeObject => named({ hosts: ['m'], http: [{ name: 'predict', route }] });

describe('keysOfChange', () => {
  const users: KubeObject[] = [
    { ...rollout({}, { name: 'one' }), spec: { traffic: { istio: { virtualService: 'one' } } } },
    { ...rollout({}, { name: 'other' }), spec: { traffic: { istio: { virtualService: 'other' } } } },
  ];
  const also: KubeObject = {
    ...release(),
    spec: { rollout: 'other', policy: { traffic: { istio: { virtualService: 'other' } } } },
    status: { phase: 'Stepping', service: 'model', routes: [{ virtualService: 'second' }] },
  };
  const splitting = [also, { ...also, status: { ...(also['status'] as object), phase: 'Promoted' } }];
  const annotations = {
    'sluice.dev/release-uid': release().metadata.uid ?? '',
    'sluice.dev/routes': '[{"virtualService":"third","destinations":[]}]',
  };
  const rules = [object('DestinationRule', { annotations })];
  const shared: Store = {
    get: () => null,
    list: (kind) => ({ Rollout: users, Release: splitting, DestinationRule: rules })[kind as string] ?? [],
  };
  const before = split(to('sluice-stable', 90), to('sluice-canary', 10));
  const [mine, all] = [['rollout/shop/one'], ['rollout/shop/one', 'rollout/shop/other']];

  it.each<[string, KubeObject | null, KubeObject, string[]]>([
    ['other weights', before, split(to('sluice-stable', 75), to('sluice-canary', 25)), mine],
    ['a route that is split', split({ destination: { host: 'model' } }), before, mine],
    [
      'weights of a VirtualService that a release splits beside its own',
      { ...before, metadata: { ...before.metadata, name: 'second' } },
      { ...split(to('sluice-stable', 1)), metadata: { ...before.metadata, name: 'second' } },
      ['rollout/shop/other'],
    ],
    [
      'weights of a VirtualService that came in mid-release',
      { ...before, metadata: { ...before.metadata, name: 'third' } },
      { ...split(to('sluice-stable', 1)), metadata: { ...before.metadata, name: 'third' } },
      ['rollout/shop/other'],
    ],
    ['another host', before, split(to('sluice-stable', 90), { destination: { host: 'else' } }), all],
    ['another name of the route', before, named({ hosts: ['m'], http: [{ name: 'x', route: [] }] }), all],
    ['other hosts', named({ hosts: ['m'] }), named({ hosts: ['n'] }), all],
    ['a new one', null, before, all],
  ])('%s of a VirtualService', (_what, previous, now, keys) => {
    const change = { kind: 'VirtualService', object: now, previous } as const;
    const deps = { store: shared, routers: ROUTERS, namespaces: () => ['shop'] };
    expect([...keysOfChange(deps, change)]).toEqual(keys);
  });
});

describe('a Deployment of the data plane', () => {
  const picker = (name: string, labels: object): KubeObject => ({
    ...object('Deployment', { name }),
    spec: { replicas: 0, template: { metadata: { labels } } },
  });
  const pickers = { stable: 'stable-epp', canary: 'canary-epp' };
  const ours = picker('canary', { app: 'epp' });
  const another = picker('another', { app: 'other' });
  const there: KubeObject[] = [
    { ...rollout({}, { name: 'pooled' }), spec: { traffic: { gatewayAPI: { pickers } } } },
    { ...rollout({}, { name: 'plain' }), spec: { traffic: { gatewayAPI: {} } } },
    { ...object('Service', { name: 'canary-epp' }), spec: { selector: { app: 'epp' } } },
    ours,
    another,
  ];
  const deps = {
    store: {
      get: (kind: Kind, _namespace: string, name: string) =>
        there.find((one) => one.kind === kind && one.metadata.name === name) ?? null,
      list: (kind: Kind) => there.filter((one) => one.kind === kind),
    },
    routers: ROUTERS,
    namespaces: () => [],
  };

  it.each([
    [ours, ['rollout/shop/pooled']],
    [another, []],
  ])('concerns the Rollouts whose router reads it', (deployment, keys) => {
    const change = { kind: 'Deployment', object: deployment, previous: deployment } as const;
    expect([...keysOfChange(deps, change)]).toEqual(keys);
  });
});
