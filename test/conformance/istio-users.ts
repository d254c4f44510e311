import * as fc from 'fast-check';
import type { KubeObject } from '../../src/api/meta.ts';
import type { IstioTraffic } from '../../src/traffic/istio/spec.ts';
import { asObject, asObjects, type Json } from '../../src/traffic/json.ts';
import { destinationRule, NAMESPACE, named, POD_LABELS, service, to, virtualService } from './istio-world.ts';
import type { Edit, World } from './router.ts';

const FQDN = `model.${NAMESPACE}.svc.cluster.local`;
const OURS = ['sluice-stable', 'sluice-canary'];

/** Name of a route that appears in mid-release. */
export const LATE = 'late';

/** Names of rules of ours. */
export const RULES = ['sluice-match', 'sluice-sticky'];

/** Where a destination goes. */
export const target = (one: Json): Json => asObject(one['destination']);
/** Whether a destination goes to the Service of the workload. */
export const isMine = (one: Json): boolean =>
  ['model', FQDN, 'model-grpc'].includes(String(target(one)['host']));
/** The HTTP routes of the VirtualService that is named in the policy. */
export const httpOf = (objects: readonly KubeObject[]): Json[] =>
  asObjects(asObject(objects.find(({ kind }) => kind === 'VirtualService')?.['spec'])['http']) as Json[];
/** The HTTP routes of all VirtualServices. */
export const allHttpOf = (objects: readonly KubeObject[]): Json[] =>
  objects.filter(({ kind }) => kind === 'VirtualService').flatMap((one) => httpOf([one]));
/** The destinations of a route. */
export const routeOf = (route: Json): Json[] => [...asObjects(route['route'])];

/** Anything that a user may have in a route beside its destinations. */
const extras = fc.record(
  {
    timeout: fc.constantFrom('3s', '10s'),
    retries: fc.record({ attempts: fc.nat(5) }),
    match: fc.array(fc.record({ uri: fc.record({ prefix: fc.constantFrom('/a', '/b') }) }), { maxLength: 2 }),
    headers: fc.constant({ request: { set: { 'x-from': 'gateway' } } }),
    mirrors: fc.constant([{ destination: { host: 'shadow' }, percentage: { value: 3 } }]),
    unknownField: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

const weight = fc.integer({ min: 1, max: 400 });
const mine = fc
  .record(
    {
      host: fc.constantFrom('model', FQDN),
      port: fc.option(fc.record({ number: fc.constantFrom(80, 9000) }), { nil: undefined }),
      headers: fc.option(fc.constant({ response: { add: { 'x-model': 'yes' } } }), { nil: undefined }),
    },
    { requiredKeys: ['host'] },
  )
  .map(({ host, port, headers }): Json => {
    const parts = to(host, undefined, port === undefined ? {} : { port });
    return headers === undefined ? parts : { ...parts, headers };
  });
const foreign = fc
  .tuple(fc.constantFrom('other', 'legacy.old.svc.cluster.local'), fc.boolean())
  .map(([host, subset]) => to(host, undefined, subset ? { subset: 'blue' } : {}));

/** A list of destinations with at least one for the workload; a lone one with or without a weight. */
const destinations = fc.oneof(
  fc
    .tuple(mine, fc.option(weight, { nil: undefined }))
    .map(([one, share]) => [share === undefined ? one : { ...one, weight: share }]),
  fc
    .tuple(
      fc.array(fc.tuple(mine, weight), { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(foreign, fc.nat(300)), { minLength: 1, maxLength: 2 }),
    )
    .map(([ours, others]) => [...others, ...ours].map(([one, share]) => ({ ...one, weight: share }))),
);

const legacy = fc.record({ mirror: fc.constant({ host: 'shadow' }) });
const shifted = fc
  .tuple(destinations, fc.oneof({ weight: 5, arbitrary: extras }, { weight: 1, arbitrary: legacy }))
  .map(([route, more]): Json => ({ ...more, route }));
const elsewhere = fc.oneof(
  fc.tuple(foreign, extras).map(([one, more]): Json => ({ ...more, name: 'elsewhere', route: [one] })),
  fc.constant<Json>({ name: 'moved', redirect: { uri: '/new' } }),
);

/** One route without a name, or several of which some are named and shifted. */
const routes = fc.oneof(
  shifted.map((route) => ({ http: [route], names: undefined })),
  fc
    .tuple(fc.array(shifted, { minLength: 1, maxLength: 2 }), fc.array(shifted, { maxLength: 2 }))
    .map(([chosen, pinned]) => ({
      http: [...chosen.map((route, index) => ({ name: `route-${index}`, ...route })), ...pinned],
      names: chosen.map((_route, index) => `route-${index}`),
    })),
);

const userRules = fc.subarray([
  destinationRule('policy', { host: 'model', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } }),
  destinationRule('full', { host: FQDN, subsets: [{ name: 'v1', labels: { version: 'v1' } }] }),
  destinationRule('wild', { host: '*.cluster.local', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } }),
  destinationRule('mesh', { host: '*', trafficPolicy: { tls: { mode: 'DISABLE' } } }, 'istio-system'),
]);

const another = (name: string, http: readonly Json[], more: Json = {}): KubeObject =>
  named(name, virtualService(http, more));

const HOSTS = ['preview.example.com', 'stage.example.com'];

/** Hosts of the VirtualService that is named in the policy. */
const hosts = fc.constantFrom(['model'], ['model', ...HOSTS], ['model', '*.example.com'], ['*']);

/** Other ways to the same pods: for clients in the mesh, and by a Service of its own for gRPC. */
const otherWays = fc
  .subarray([
    [another('model-mesh', [{ route: [to('model', 100)] }, { name: 'elsewhere', route: [to('other')] }])],
    [
      service('model-grpc'),
      another('model-grpc', [{ route: [to('model-grpc', 30), to('other', 70)], timeout: '1s' }]),
    ],
    [another('model-hosts', [{ route: [to('model', 100)] }], { hosts: HOSTS })],
  ])
  .map((ways) => ways.flat());

/** Users' objects with a workload in them. */
export const worlds: fc.Arbitrary<World<IstioTraffic>> = fc
  .tuple(routes, fc.array(elsewhere, { maxLength: 2 }), userRules, fc.nat(3), extras, otherWays, hosts)
  .map(([{ http, names }, others, rules, at, more, ways, own]) => ({
    objects: [
      service(),
      service('unrelated', { app: 'other' }),
      virtualService([...others.slice(0, at), ...http, ...others.slice(at)], {
        gateways: ['edge'],
        hosts: own,
        ...more,
      }),
      ...rules,
      ...ways,
    ],
    spec: { virtualService: 'model', ...(names === undefined ? {} : { routes: names }) },
    podLabels: POD_LABELS,
  }));

const editHttp = (objects: KubeObject[], change: (http: Json[]) => unknown): void => {
  const found = objects.find(({ kind }) => kind === 'VirtualService');
  if (found === undefined) return;
  const http = httpOf(objects).map((route) => ({ ...route }));
  const changed = change(http);
  found['spec'] = { ...asObject(found['spec']), http: Array.isArray(changed) ? changed : http };
};
const put = (route: Json, key: string, value: unknown): void => {
  (route as Record<string, unknown>)[key] = value;
};
const reapply = (objects: KubeObject[], user: KubeObject[]): void => {
  const wanted = user.find(({ kind }) => kind === 'VirtualService');
  const found = objects.find(({ kind }) => kind === 'VirtualService');
  if (found !== undefined && wanted !== undefined) found['spec'] = structuredClone(wanted['spec']);
};
const both = (objects: KubeObject[], user: KubeObject[], change: (http: Json[]) => unknown): void => {
  editHttp(objects, change);
  editHttp(user, change);
};
const ourRule = (objects: KubeObject[]): KubeObject | undefined =>
  objects.find(
    ({ kind, metadata }) =>
      kind === 'DestinationRule' && metadata.name === 'model-sluice' && metadata.uid !== undefined,
  );

/** What somebody may do to them in the middle of a release. */
export const EDITS: readonly Edit[] = [
  { name: 'the manifest is applied again', apply: reapply },
  {
    name: 'weights are edited by hand',
    apply: (objects) =>
      editHttp(objects, (http) => {
        for (const route of http.filter((one) =>
          routeOf(one).some((two) => OURS.includes(String(target(two)['subset']))),
        ))
          put(
            route,
            'route',
            routeOf(route).map((one) => ({ ...one, weight: 50 })),
          );
      }),
  },
  {
    name: 'another field of the routes is edited by hand',
    apply: (objects, user) =>
      both(objects, user, (http) => http.forEach((route) => put(route, 'timeout', '42s'))),
  },
  {
    name: 'a route is put before the others',
    apply: (objects, user) =>
      both(objects, user, (http) => [{ name: 'new', redirect: { uri: '/maintenance' } }, ...http]),
  },
  {
    name: 'the routes are turned round',
    apply: (objects, user) => both(objects, user, (http) => http.toReversed()),
  },
  {
    name: 'a newer version of the manifest is applied',
    rewrites: true,
    apply: (objects, user) => {
      editHttp(user, (http) => {
        for (const route of http.filter((one) => routeOf(one).some(isMine)))
          put(route, 'route', [to('model', 30, { port: { number: 8080 } }), to('newcomer', 10)]);
      });
      reapply(objects, user);
    },
  },
  {
    name: 'another route to the workload is added',
    rewrites: true,
    apply: (objects, user) =>
      both(objects, user, (http) => {
        if (http.some(({ name }) => name === LATE)) return http;
        return [...http, { name: LATE, route: [to('model', 3), to('other', 1)] }];
      }),
  },
  {
    name: 'another VirtualService is added',
    rewrites: true,
    apply: (objects, user) => {
      for (const list of [objects, user])
        if (!list.some(({ metadata }) => metadata.name === 'late'))
          list.push(another('late', [{ name: LATE, route: [to('model', 100)] }]));
    },
  },
  {
    name: 'our DestinationRule is deleted',
    forgets: true,
    apply: (objects) => {
      const rule = ourRule(objects);
      if (rule !== undefined) objects.splice(objects.indexOf(rule), 1);
    },
  },
  {
    name: 'our DestinationRule is edited',
    apply: (objects) => {
      const rule = ourRule(objects);
      if (rule !== undefined)
        rule['spec'] = { host: 'model', subsets: [{ name: 'sluice-stable', labels: { no: 'pod' } }] };
    },
  },
  {
    name: 'a route is renamed',
    breaks: true,
    apply: (objects, user) =>
      both(objects, user, (http) => {
        const route = http.find((one) => !RULES.includes(String(one['name'])) && routeOf(one).some(isMine));
        if (route !== undefined) put(route, 'name', 'renamed');
      }),
  },
  {
    name: 'a copy of a split route is applied',
    apply: (objects) =>
      editHttp(objects, (http) => {
        const known = ourRule(objects) === undefined ? [] : http;
        for (const route of known.filter((one) => routeOf(one).length === 1 && routeOf(one).some(isMine))) {
          const [one = {}] = routeOf(route);
          const half = (subset: string): Json => ({
            ...one,
            destination: { ...target(one), subset },
            weight: 50,
          });
          put(route, 'route', OURS.map(half));
        }
      }),
  },
  {
    name: 'our DestinationRule loses its labels',
    apply: (objects) => {
      const rule = ourRule(objects);
      if (rule !== undefined) rule.metadata.labels = {};
    },
  },
  {
    name: 'our DestinationRule is given to another Rollout',
    apply: (objects) => {
      const labels = { 'app.kubernetes.io/managed-by': 'sluice', 'sluice.dev/rollout': 'two' };
      const rule = ourRule(objects);
      if (rule !== undefined) rule.metadata.labels = labels;
    },
  },
  {
    name: 'another DestinationRule takes the place of ours',
    breaks: true,
    forgets: true,
    apply: (objects, user) => {
      const rule = ourRule(objects);
      if (rule === undefined) return;
      const theirs = destinationRule('model-sluice', { host: 'elsewhere' });
      objects.splice(objects.indexOf(rule), 1, theirs);
      user.push(structuredClone(theirs));
    },
  },
  {
    name: 'a DestinationRule comes that hides the subsets',
    breaks: true,
    apply: (objects, user) => {
      if (objects.some(({ metadata }) => metadata.name === 'late')) return;
      for (const list of [objects, user])
        list.push(destinationRule('late', { host: 'model', workloadSelector: {} }));
    },
  },
  {
    name: 'the policy of the user changes',
    apply: (objects, user) => {
      for (const list of [objects, user])
        for (const rule of list.filter((one) => ['policy', 'wild'].includes(one.metadata.name)))
          rule['spec'] = { ...asObject(rule['spec']), trafficPolicy: { tls: { mode: 'SIMPLE' } } };
    },
  },
];
