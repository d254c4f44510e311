import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/api/meta.ts';
import { type Change, type Moment, play } from '../evidence/history.ts';
import { MODEL } from '../model.ts';
import { istioGatewayRoad } from './gateway-api.ts';
import { istioRoad } from './istio.ts';
import type { Road } from './road.ts';

const object = (kind: string, name: string, spec: object, hash?: string): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, labels: { app: MODEL, ...(hash === undefined ? {} : { hash }) } },
  spec,
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});
const PODS = ['v1', 'v2'].map((name) =>
  object('Pod', name, { containers: [{ image: `server:${name}` }] }, name),
);

function momentOf(objects: readonly KubeObject[]): Moment {
  const changes = objects.map(
    (one, version): Change => ({
      at: 0,
      version,
      kind: one.kind as Change['kind'],
      gone: false,
      object: one,
    }),
  );
  const last = [...play(changes)].at(-1);
  if (last === undefined) throw new Error('there is nothing');
  return last;
}

const subset = (name: string, weight: number): object => ({
  destination: { host: MODEL, subset: name },
  weight,
});
const ISTIO = [
  ...PODS,
  object('DestinationRule', 'ours', {
    subsets: ['v1', 'v2'].map((name) => ({ name, labels: { hash: name } })),
  }),
  object('VirtualService', MODEL, {
    http: [
      {
        match: [
          { headers: { 'x-tester': { exact: 'yes' }, 'x-region': { prefix: 'eu-' } } },
          { headers: { cookie: { regex: '(?:.*;)?\\s*beta=1\\s*(?:;.*)?' } } },
        ],
        route: [subset('v2', 0)],
      },
      { route: [subset('v1', 75), subset('v2', 25)] },
    ],
  }),
  object('VirtualService', 'other', { http: [{ route: [subset('v2', 100)] }] }),
];

const service = (name: string, hash?: string): KubeObject =>
  object('Service', name, { selector: { app: MODEL, ...(hash === undefined ? {} : { hash }) } });
const exact = (name: string, value: string): object => ({ name, value });
const GATEWAY = [
  ...PODS,
  service(MODEL),
  service('stable', 'v1'),
  service('canary', 'v2'),
  object('HTTPRoute', MODEL, {
    rules: [
      {
        backendRefs: [
          { name: 'stable', weight: 75 },
          { name: 'canary', weight: 25 },
        ],
      },
      {
        matches: [
          {
            headers: [
              exact('X-Tester', 'yes'),
              { type: 'RegularExpression', name: 'x-region', value: 'eu-.*' },
            ],
          },
          {
            headers: [{ type: 'RegularExpression', name: 'cookie', value: '(?:.*;)?\\s*beta=1\\s*(?:;.*)?' }],
          },
        ],
        backendRefs: [{ name: 'canary' }],
      },
    ],
  }),
];

describe.each<[Road, readonly KubeObject[]]>([
  [istioRoad, ISTIO],
  [istioGatewayRoad, GATEWAY],
])('the share on the road $name', (road, objects) => {
  it.each<[Readonly<Record<string, string>>, number]>([
    [{}, 25],
    [{ 'x-tester': 'yes' }, 25],
    [{ 'x-tester': 'yes', 'x-region': 'us-1' }, 25],
    [{ 'x-tester': 'yes', 'x-region': 'eu-1' }, 100],
    [{ cookie: 'a=b; beta=1; c=d' }, 100],
    [{ cookie: 'a=b; beta=2' }, 25],
  ])('of requests with %j is %d %%', (headers, percent) => {
    const moment = momentOf(objects);
    expect(road.share(moment, 'v2', headers)).toEqual({ percent, by: 'weight' });
    expect(road.share(moment, 'v1', headers)).toEqual({ percent: 100 - percent, by: 'weight' });
  });
});

const AUTHORITY = String.raw`(?i)preview\.model\.example(?::[0-9]+)?`;
const ON_HOSTS: [Road, readonly KubeObject[]][] = [
  [
    istioRoad,
    [
      ...ISTIO.slice(0, -2),
      object('VirtualService', MODEL, {
        hosts: ['model.example', 'preview.model.example'],
        http: [
          { match: [{ authority: { regex: AUTHORITY } }], route: [subset('v2', 0)] },
          { route: [subset('v1', 100), subset('v2', 0)] },
        ],
      }),
    ],
  ],
  [
    istioGatewayRoad,
    [
      ...GATEWAY.slice(0, -1),
      object('HTTPRoute', `${MODEL}-preview`, {
        hostnames: ['preview.model.example'],
        rules: [{ backendRefs: [{ name: 'stable', weight: 0 }, { name: 'canary' }] }],
      }),
      object('HTTPRoute', MODEL, {
        hostnames: ['model.example'],
        rules: [{ backendRefs: [{ name: 'stable' }, { name: 'canary', weight: 0 }] }],
      }),
    ],
  ],
];

describe.each(ON_HOSTS)('the share of a host on the road $name', (road, objects) => {
  it('is that of its routes', () => {
    const moment = momentOf(objects);
    expect(road.share(moment, 'v2', {})).toEqual({ percent: 0, by: 'weight' });
    expect(road.share(moment, 'v2', { host: 'preview' })).toEqual({ percent: 100, by: 'weight' });
  });
});

describe("the share behind a user's own Service", () => {
  it("is that of its ready pods, also where a version's own Service is named without a weight", () => {
    const backendRefs = [{ name: MODEL }, { name: 'stable', weight: 0 }, { name: 'canary', weight: 0 }];
    const route = object('HTTPRoute', MODEL, { rules: [{ backendRefs }] });
    const moment = momentOf([...GATEWAY.slice(0, -1), route]);
    expect(istioGatewayRoad.share(moment, 'v2', {})).toEqual({ percent: 50, by: 'pods' });
  });
});
