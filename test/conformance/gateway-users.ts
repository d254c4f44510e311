import * as fc from 'fast-check';
import type { KubeObject } from '../../src/api/meta.ts';
import type { GatewayTraffic } from '../../src/traffic/gateway-api/spec.ts';
import { asObject, asObjects, type Json } from '../../src/traffic/json.ts';
import { route, service, to } from './gateway-world.ts';
import { NAMESPACE, POD_LABELS } from './istio-world.ts';
import type { Edit, World } from './router.ts';

const USER = ['model', 'model-grpc'];
const OURS = USER.flatMap((name) => [`${name}-sluice-stable`, `${name}-sluice-canary`]);

/** Name of a rule that appears in mid-release. */
export const LATE = 'late';

/** Whether a backend is the Service of the workload, or ours for a version of it. */
export const isMine = (ref: Json): boolean =>
  ref['namespace'] === undefined && [...USER, ...OURS].includes(String(ref['name']));
/** Whether a backend is one of our Services. */
export const isOurs = (ref: Json): boolean => isMine(ref) && OURS.includes(String(ref['name']));
/** Whether an object is a route. */
export const isRoute = ({ kind }: KubeObject): boolean => ['HTTPRoute', 'GRPCRoute'].includes(kind);
/** The rules of a route. */
export const rulesOf = (object: KubeObject): Json[] => [...asObjects(asObject(object['spec'])['rules'])];
/** The rules of all routes. */
export const allRules = (objects: readonly KubeObject[]): Json[] => objects.filter(isRoute).flatMap(rulesOf);
/** The backends of a rule. */
export const refsOf = (rule: Json): Json[] => [...asObjects(rule['backendRefs'])];

/** Anything that a user may have in a rule beside its backends. */
const extras = fc.record(
  {
    timeouts: fc.constantFrom({ request: '3s' }, { request: '10s', backendRequest: '2s' }),
    matches: fc.array(
      fc.record({ path: fc.record({ type: fc.constant('PathPrefix'), value: fc.constantFrom('/a', '/b') }) }),
      {
        maxLength: 2,
      },
    ),
    filters: fc.constantFrom(
      [
        {
          type: 'RequestHeaderModifier',
          requestHeaderModifier: { set: [{ name: 'x-from', value: 'edge' }] },
        },
      ],
      [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'shadow', port: 80 } } }],
    ),
    retry: fc.record({ attempts: fc.integer({ min: 1, max: 5 }) }),
    // The copies that the test makes lose this key.
    unknownField: fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__')),
  },
  { requiredKeys: [] },
);

const weight = fc.integer({ min: 1, max: 400 });
const mine = fc
  .record({
    port: fc.constantFrom(80, 9000),
    filters: fc.option(
      fc.constant([
        {
          type: 'ResponseHeaderModifier',
          responseHeaderModifier: { add: [{ name: 'x-model', value: 'yes' }] },
        },
      ]),
      { nil: undefined },
    ),
  })
  .map(({ port, filters }) =>
    to('model', undefined, { port, ...(filters === undefined ? {} : { filters }) }),
  );
const foreign = fc
  .tuple(fc.constantFrom('other', 'model'), fc.boolean())
  .map(([name, isFar]) =>
    name === 'model' || isFar ? to(name, undefined, { namespace: 'elsewhere' }) : to(name),
  );

/** Backends with at least one for the workload; a lone one with or without a weight. */
const backends = fc.oneof(
  fc
    .tuple(mine, fc.option(weight, { nil: undefined }))
    .map(([one, share]) => [share === undefined ? one : { ...one, weight: share }]),
  fc
    .tuple(
      fc.array(fc.tuple(mine, weight), { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(foreign, fc.nat(300)), { minLength: 1, maxLength: 2 }),
    )
    .map(([ours, others]) => [...others, ...ours].map(([one, share]) => ({ ...one, weight: share }))),
  fc.tuple(mine, foreign, fc.integer({ min: 1, max: 1_000_000 })).map(([one, other, share]) => [
    { ...one, weight: 1_000_000 - (share % 10) * 100_000 },
    { ...other, weight: 500_000 },
  ]),
);

const shifted = fc.tuple(backends, extras).map(([backendRefs, more]): Json => ({ ...more, backendRefs }));
const elsewhere = fc.oneof(
  fc.tuple(foreign, extras).map(([one, more]): Json => ({ ...more, name: 'elsewhere', backendRefs: [one] })),
  fc.constant<Json>({
    name: 'moved',
    filters: [{ type: 'RequestRedirect', requestRedirect: { path: '/new' } }],
  }),
);

/** Rules without names, which are all shifted, or several of which some are named and shifted. */
const rules = fc.oneof(
  fc.array(shifted, { minLength: 1, maxLength: 3 }).map((list) => ({ list, names: undefined })),
  fc
    .tuple(fc.array(shifted, { minLength: 1, maxLength: 2 }), fc.array(shifted, { maxLength: 2 }))
    .map(([chosen, pinned]) => ({
      list: [...chosen.map((rule, index) => ({ name: `rule-${index}`, ...rule })), ...pinned],
      names: chosen.map((_rule, index) => `rule-${index}`),
    })),
);

const model = fc.constantFrom(
  service(),
  service('model', { clusterIP: 'None', publishNotReadyAddresses: true }),
  service('model', {
    type: 'NodePort',
    sessionAffinity: 'None',
    ports: [
      { name: 'http', port: 80, targetPort: 'web', protocol: 'TCP', nodePort: 30_080 },
      { name: 'grpc', port: 9000, targetPort: 9000, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' },
    ],
  }),
);

const internal = { parentRefs: [{ group: '', kind: 'Service', name: 'model' }] };

/** Other ways to the same pods: for clients in a mesh, and by a Service of its own for gRPC. */
const otherWays = fc
  .subarray([
    [
      route(
        [{ backendRefs: [to('model', 1)] }, { name: 'elsewhere', backendRefs: [to('other', 1)] }],
        internal,
        'model-mesh',
      ),
    ],
    [
      service('model-grpc'),
      route([{ backendRefs: [to('model-grpc', 30), to('other', 70)] }], {}, 'model-grpc', 'GRPCRoute'),
    ],
    ...['preview', 'stage'].map((name) => [
      route(
        [{ name: 'rule-0', backendRefs: [to('model', 1)], timeouts: { request: '7s' } }],
        { hostnames: [`${name}.example.com`] },
        `model-${name}`,
      ),
    ]),
  ])
  .map((ways) => ways.flat());

/** Users' objects with a workload in them. */
export const worlds: fc.Arbitrary<World<GatewayTraffic>> = fc
  .tuple(model, rules, fc.array(elsewhere, { maxLength: 2 }), fc.nat(3), otherWays, fc.boolean())
  .map(([target, { list, names }, others, at, ways, isChosen]) => ({
    objects: [
      target,
      service('unrelated', { selector: { app: 'other' } }),
      route([...others.slice(0, at), ...list, ...others.slice(at)]),
      ...ways,
    ],
    spec: {
      service: 'model',
      ...(names === undefined ? {} : { rules: names }),
      ...(isChosen ? { httpRoutes: ['model'] } : {}),
    },
    podLabels: POD_LABELS,
  }));

/** A rule of a release beside the user's: to one version alone. */
const isAdded = (rule: Json): boolean => new Set(refsOf(rule).filter(isOurs).map(versionOf)).size === 1;
const versionOf = ({ name }: Json): string => String(name).replace(/.*-/, '');

const find = (objects: KubeObject[], name = 'model'): KubeObject | undefined =>
  objects.find((one) => one.kind === 'HTTPRoute' && one.metadata.name === name);

const editRules = (objects: KubeObject[], change: (rules: Json[]) => unknown): void => {
  const found = find(objects);
  if (found === undefined) return;
  const list = rulesOf(found).map((rule) => ({ ...rule }));
  const changed = change(list);
  found['spec'] = { ...asObject(found['spec']), rules: Array.isArray(changed) ? changed : list };
};
const put = (rule: Json, key: string, value: unknown): void => {
  (rule as Record<string, unknown>)[key] = value;
};
const reapply = (objects: KubeObject[], user: KubeObject[]): void => {
  const [found, wanted] = [find(objects), find(user)];
  if (found !== undefined && wanted !== undefined) found['spec'] = structuredClone(wanted['spec']);
};
const both = (objects: KubeObject[], user: KubeObject[], change: (rules: Json[]) => unknown): void => {
  editRules(objects, change);
  editRules(user, change);
};
const ourServices = (objects: KubeObject[]): KubeObject[] =>
  objects.filter(
    ({ kind, metadata }) =>
      ['Service', 'InferencePool'].includes(kind) &&
      OURS.includes(metadata.name) &&
      metadata.uid !== undefined,
  );
const remove = (objects: KubeObject[], gone: readonly KubeObject[]): void => {
  objects.splice(0, objects.length, ...objects.filter((one) => !gone.includes(one)));
};

/** What somebody may do to them in the middle of a release. */
export const EDITS: readonly Edit[] = [
  { name: 'the manifest is applied again', apply: reapply },
  {
    name: 'weights are edited by hand',
    apply: (objects) =>
      editRules(objects, (list) => {
        for (const rule of list.filter((one) => refsOf(one).some(isOurs)))
          put(
            rule,
            'backendRefs',
            refsOf(rule).map((one) => ({ ...one, weight: 50 })),
          );
      }),
  },
  {
    name: 'another field of the rules is edited by hand',
    apply: (objects, user) =>
      both(objects, user, (list) => list.forEach((rule) => put(rule, 'timeouts', { request: '42s' }))),
  },
  {
    name: 'a rule is put before the others',
    apply: (objects, user) =>
      both(objects, user, (list) => [{ name: 'new', filters: [{ type: 'RequestRedirect' }] }, ...list]),
  },
  {
    name: 'the rules are turned round',
    apply: (objects, user) => both(objects, user, (list) => list.toReversed()),
  },
  {
    name: 'a newer version of the manifest is applied',
    rewrites: true,
    apply: (objects, user) => {
      editRules(user, (list) => {
        for (const rule of list.filter((one) => refsOf(one).some(isMine)))
          put(rule, 'backendRefs', [to('model', 30, { port: 8080 }), to('newcomer', 10)]);
      });
      reapply(objects, user);
    },
  },
  {
    name: 'another rule for the workload is added',
    rewrites: true,
    apply: (objects, user) =>
      both(objects, user, (list) => {
        if (list.some(({ name }) => name === LATE)) return list;
        return [...list, { name: LATE, backendRefs: [to('model', 3), to('other', 1)] }];
      }),
  },
  {
    name: 'another route is added',
    rewrites: true,
    apply: (objects, user) => {
      for (const list of [objects, user])
        if (find(list, 'late') === undefined)
          list.push(route([{ name: LATE, backendRefs: [to('model', 1)] }], {}, 'late'));
    },
  },
  {
    name: 'our Services are deleted',
    forgets: true,
    apply: (objects) => remove(objects, ourServices(objects)),
  },
  {
    name: 'one of our Services is deleted',
    apply: (objects) => remove(objects, ourServices(objects).slice(0, 1)),
  },
  {
    name: 'our Services are edited',
    apply: (objects) => {
      for (const one of ourServices(objects)) one['spec'] = { selector: { no: 'pod' }, ports: [{ port: 1 }] };
    },
  },
  {
    name: 'the ports of the Service are edited',
    apply: (objects, user) => {
      for (const list of [objects, user])
        for (const one of list.filter(
          ({ kind, metadata }) => kind === 'Service' && metadata.name === 'model',
        ))
          one['spec'] = { ...asObject(one['spec']), ports: [{ name: 'web', port: 80, targetPort: 9090 }] };
    },
  },
  {
    name: 'a rule is renamed',
    breaks: true,
    apply: (objects, user) =>
      both(objects, user, (list) => {
        const rule = list.find((one) => refsOf(one).some(isMine) && !isAdded(one));
        if (rule !== undefined) put(rule, 'name', 'renamed');
      }),
  },
  {
    name: 'a copy of a split rule is applied',
    apply: (objects) =>
      editRules(objects, (list) => {
        const known = ourServices(objects).length === 0 ? [] : list;
        const lone = known.filter((one) => refsOf(one).length === 1 && !refsOf(one).some(isOurs));
        for (const rule of lone.filter((one) => refsOf(one).some(isMine))) {
          const [one = {}] = refsOf(rule);
          put(
            rule,
            'backendRefs',
            ['stable', 'canary'].map((version) => ({ ...one, name: `model-sluice-${version}`, weight: 50 })),
          );
        }
      }),
  },
  {
    name: 'our Services lose their labels',
    apply: (objects) => {
      for (const one of ourServices(objects)) one.metadata.labels = {};
    },
  },
  {
    name: 'our Services are given to another Rollout',
    apply: (objects) => {
      const labels = { 'app.kubernetes.io/managed-by': 'sluice', 'sluice.dev/rollout': 'two' };
      for (const one of ourServices(objects)) one.metadata.labels = { ...labels };
    },
  },
  {
    name: 'another Service takes the place of ours',
    breaks: true,
    forgets: true,
    apply: (objects, user) => {
      const [ours] = ourServices(objects);
      if (ours === undefined) return;
      const theirs: KubeObject = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: ours.metadata.name, namespace: NAMESPACE, resourceVersion: '5' },
        spec: { selector: { app: 'theirs' } },
      };
      objects.splice(objects.indexOf(ours), 1, theirs);
      user.push(structuredClone(theirs));
    },
  },
];
