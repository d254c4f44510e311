import { describe, expect, it } from 'vitest';
import {
  destinationRule,
  NAMESPACE,
  POD_LABELS,
  requestOf,
  service,
  to,
  virtualService,
} from '../../../../test/conformance/istio-world.ts';
import { ObjectsInMemory } from '../../../../test/conformance/objects-in-memory.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Json } from '../../json.ts';
import type { IstioTraffic } from '../spec.ts';
import { istioPreflight } from './preflight.ts';

const route = (...destinations: Json[]): Json => ({ route: destinations });
const named = (name: string, ...destinations: Json[]): Json => ({ name, route: destinations });
const PLAIN = virtualService([route(to('model'))]);
const WITH_SUBSET = virtualService([route(to('model', undefined, { subset: 'v1' }))]);

function check(
  objects: readonly KubeObject[],
  istio: Partial<IstioTraffic> = {},
  labels: Readonly<Record<string, string>> = POD_LABELS,
): ReturnType<typeof istioPreflight> {
  const seen = new ObjectsInMemory(objects).read(NAMESPACE);
  return istioPreflight({ ...requestOf(seen, istio), podLabels: labels });
}

function problemOf(found: ReturnType<typeof istioPreflight>): string {
  return 'problem' in found ? `${found.problem.reason}: ${found.problem.message}` : 'no problem';
}

const rule = (spec: Json, namespace = NAMESPACE): KubeObject => destinationRule('users', spec, namespace);
const V1 = { name: 'v1', labels: { version: 'v1' } };
const managed = (rollout: string): KubeObject => ({
  ...destinationRule('model-sluice', { host: 'model' }),
  metadata: {
    name: 'model-sluice',
    namespace: NAMESPACE,
    labels: {
      'app.kubernetes.io/managed-by': 'sluice',
      'sluice.dev/rollout': rollout,
      'sluice.dev/release': `${rollout}-r1`,
    },
  },
});

describe('what keeps a release from starting', () => {
  it.each<[string, RegExp, readonly KubeObject[], Partial<IstioTraffic>]>([
    [
      'no VirtualService of the name',
      /^VirtualServiceNotFound: traffic\.istio\.virtualService: .*nope.*there are: model/,
      [service(), PLAIN],
      { virtualService: 'nope' },
    ],
    [
      'no VirtualService at all, or no CRD for them',
      /^VirtualServiceNotFound: .*there are: none; the CRDs of Istio must be installed/,
      [service()],
      {},
    ],
    [
      'a redirect',
      /^NoRouteToService: .*http\[0\] answers by redirect and has no destination: add an http route/,
      [service(), virtualService([{ redirect: { uri: '/new' } }])],
      {},
    ],
    [
      'a direct response',
      /^NoRouteToService: .*http\[0\] answers by directResponse/,
      [service(), virtualService([{ directResponse: { status: 503 } }])],
      {},
    ],
    [
      'no route to the Service',
      /^NoRouteToService: .*Service model; its http routes go to: other/,
      [service(), virtualService([route(to('other'))])],
      {},
    ],
    [
      'a host that Istio does not complete',
      /^NoRouteToService: .*"model\.shop" is no Service to it: write "model"/,
      [service(), virtualService([route(to('model.shop'))])],
      {},
    ],
    [
      'only tls routes',
      /^NoRouteToService: .*only tcp or tls routes/,
      [service(), virtualService([], { tls: [{ match: [{ sniHosts: ['a'] }], ...route(to('model')) }] })],
      {},
    ],
    [
      'only tcp routes',
      /^NoRouteToService: .*only tcp or tls routes/,
      [service(), virtualService([], { tcp: [route(to('model'))] })],
      {},
    ],
    [
      'a delegated route',
      /^NoRouteToService: .*delegates to VirtualService team\/inner/,
      [service(), virtualService([{ delegate: { name: 'inner', namespace: 'team' } }])],
      {},
    ],
    [
      'a subset that is nowhere',
      /^NoRouteToService: .*the subset v1 .*is in no DestinationRule/,
      [service(), WITH_SUBSET],
      {},
    ],
    [
      'a subset of other pods',
      /^NoRouteToService: .*the subset v1/,
      [service(), WITH_SUBSET, rule({ host: 'model', subsets: [{ name: 'v1', labels: { version: 'v9' } }] })],
      {},
    ],
    [
      'a weight of 0',
      /^NoRouteToService: .*http\[0\] gives Service model the weight 0/,
      [service(), virtualService([route(to('model', 0), to('other', 100))])],
      {},
    ],
    [
      'several routes',
      /^SeveralRoutes: traffic\.istio\.routes: .*"a" \(http\[0\]\), http\[2\]; name those/,
      [service(), virtualService([named('a', to('model')), route(to('other')), route(to('model'))])],
      {},
    ],
    [
      'two routes of one name',
      /^SeveralRoutes: .*have the same name/,
      [service(), virtualService([named('a', to('model')), named('a', to('model'))])],
      { routes: ['a'] },
    ],
    [
      'a named route that is not there',
      /^RouteNotFound: traffic\.istio\.routes: .*"b".*go: "a" \(http\[0\]\)/,
      [service(), virtualService([named('a', to('model'))])],
      { routes: ['b'] },
    ],
    [
      'a named route to elsewhere',
      /^NoRouteToService: traffic\.istio\.routes: .*"b" does not go/,
      [service(), virtualService([named('a', to('model')), named('b', to('other'))])],
      { routes: ['b'] },
    ],
    [
      'no Service of the name',
      /^ServiceNotFound: traffic\.istio\.service: .*nope.*there are: model/,
      [service(), PLAIN],
      { service: 'nope' },
    ],
    [
      'a Service of other pods',
      /^ServiceSelectsOthers: traffic\.istio\.service: Service model/,
      [service('model', { app: 'x' }), PLAIN],
      { service: 'model' },
    ],
    [
      'a Service without a selector',
      /^ServiceSelectsOthers: traffic\.istio\.service: Service model has no spec\.selector, .*give it one/,
      [service('model', {}), PLAIN],
      { service: 'model' },
    ],
    [
      'no Service that selects the pods',
      /^ServiceNotFound: .*no Service of the namespace selects the pods/,
      [service('model', { app: 'x' }), PLAIN],
      {},
    ],
    [
      'several Services',
      /^SeveralServices: .*model, model-2 select/,
      [service(), service('model-2'), virtualService([route(to('model', 1), to('model-2', 1))])],
      {},
    ],
    [
      'several Services and a route to none',
      /^SeveralServices/,
      [service(), service('model-2'), virtualService([route(to('other'))])],
      {},
    ],
    [
      'a rule with a workloadSelector',
      /^DestinationRuleHidesSubsets: .*shop\/users has spec\.workloadSelector/,
      [service(), PLAIN, rule({ host: 'model', workloadSelector: { matchLabels: { a: 'b' } } })],
      {},
    ],
    [
      'a rule for the root namespace alone',
      /^DestinationRuleHidesSubsets: .*istio-system\/users has spec\.exportTo/,
      [service(), PLAIN, rule({ host: '*.local', exportTo: ['.'] }, 'istio-system')],
      {},
    ],
    [
      'a subset of our name',
      /^SubsetNameTaken: .*users .*rename it in spec\.subsets/,
      [service(), PLAIN, rule({ host: 'model', subsets: [{ name: 'sluice-canary', labels: {} }] })],
      {},
    ],
    [
      'a rule seen by fewer than the routes',
      /^DestinationRuleNotExported: spec\.exportTo of DestinationRule users/,
      [service(), PLAIN, rule({ host: 'model', exportTo: ['.'] })],
      {},
    ],
    [
      'subsets with different policies',
      /^SeveralSubsetPolicies/,
      [
        service(),
        virtualService([named('a', to('model')), named('b', to('model', 1, { subset: 'v1' }))]),
        rule({ host: 'model', subsets: [{ ...V1, trafficPolicy: { tls: {} } }] }),
      ],
      { routes: ['a'] },
    ],
    [
      'an object of our name',
      /^DestinationRuleNameTaken: DestinationRule model-sluice/,
      [service(), PLAIN, destinationRule('model-sluice', { host: 'x' })],
      {},
    ],
    [
      'another Rollout',
      /^TrafficOwned: .*Release two-r1 of Rollout two/,
      [service(), PLAIN, managed('two')],
      {},
    ],
    [
      'a split whose original nobody knows',
      /^RouteNotRestored: .*http\[0\]/,
      [service(), virtualService([route(to('model', 1, { subset: 'sluice-stable' }))])],
      {},
    ],
    [
      'too many routes',
      /^TooManyRoutes: 65 http routes/,
      [service(), virtualService(Array.from({ length: 65 }, (_, index) => named(`r${index}`, to('model'))))],
      { routes: ['r1'] },
    ],
  ])('%s', (_case, wanted, objects, istio) => {
    expect(problemOf(check(objects, istio))).toMatch(wanted);
  });

  it('is a subset that only the old pods are in', () => {
    const objects = [service(), WITH_SUBSET, rule({ host: 'model', subsets: [V1] })];
    expect(problemOf(check(objects, {}, { app: 'model', version: 'v2' }))).toMatch(/the subset v1/);
    expect(problemOf(check(objects))).toBe('no problem');
  });
});

it('does not start where the Service misses the pods of the new version', () => {
  const objects = [service('model', { app: 'model', version: 'v1' }), PLAIN];
  expect(problemOf(check(objects, {}, { app: 'model', version: 'v2' }))).toMatch(
    /^ServiceNotFound: .*no Service of the namespace selects the pods/,
  );
});

describe('a plan', () => {
  it('takes a route that several hosts share, and one of three weights', () => {
    const three = [to('model', 50), to('old', 30), to('older', 20)];
    const shared = virtualService([route(...three)], { hosts: ['model', 'a.example', 'b.example'] });
    expect(check([service(), shared])).toMatchObject({
      plan: { data: { routes: [{ index: 0, destinations: three }] } },
    });
  });

  it('is that of a VirtualService which another one delegates to', () => {
    const { hosts: _hosts, ...spec } = PLAIN['spec'] as Json;
    expect(check([service(), { ...PLAIN, spec }])).toMatchObject({ plan: { service: 'model' } });
  });

  it('names Service, routes and destinations', () => {
    const objects = [
      service(),
      virtualService([route(to('other')), named('a', to('model.shop.svc.cluster.local', 3), to('other', 1))]),
    ];
    expect(check(objects)).toStrictEqual({
      plan: {
        service: 'model',
        data: {
          routes: [
            { index: 1, name: 'a', destinations: [to('model.shop.svc.cluster.local', 3), to('other', 1)] },
          ],
        },
      },
    });
  });

  it('has the routes that are not shifted too, to keep them with stable', () => {
    const objects = [service(), virtualService([named('a', to('model')), route(to('model', 1))])];
    expect(check(objects, { routes: ['a'] })).toMatchObject({
      plan: { data: { routes: [{ index: 0, name: 'a' }, { index: 1 }] } },
    });
  });

  it('takes the one Service of several that the VirtualService routes to', () => {
    const objects = [service('model-headless'), service(), PLAIN];
    expect(check(objects)).toMatchObject({ plan: { service: 'model' } });
  });
});
