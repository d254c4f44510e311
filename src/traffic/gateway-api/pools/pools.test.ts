import { describe, expect, it } from 'vitest';
import {
  PICKERS,
  POOL_SPEC,
  pickerDeployment,
  pickerService,
  pool,
  pooled,
  toPool,
} from '../../../../test/conformance/gateway-pools.ts';
import {
  answer,
  contextOf,
  GATEWAY,
  objectsOf,
  requestOf,
  route,
  service,
  to,
} from '../../../../test/conformance/gateway-world.ts';
import { HASH_LABEL } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteObjects } from '../../context.ts';
import type { RouteWrite } from '../../goal.ts';
import { findRoutes } from '../find.ts';
import { gatewayRouter } from '../gateway-api.ts';
import { gatewayPreflight } from '../rules/preflight.ts';
import type { GatewayTraffic } from '../spec.ts';

const toModel = route([{ backendRefs: [toPool()] }]);
const ask = (spec: GatewayTraffic, objects: readonly KubeObject[], more: Partial<RouteObjects> = {}) =>
  gatewayPreflight(requestOf({ ...objectsOf(...objects), ...more }, spec));
const without = (name: string): readonly KubeObject[] =>
  pooled().filter(({ metadata }) => metadata.name !== name);
const picker = (more: object): KubeObject => {
  const { endpointPickerRef } = pool()['spec'] as { endpointPickerRef: object };
  return pool('model', { endpointPickerRef: { ...endpointPickerRef, ...more } });
};

describe('an InferencePool with which no release can begin', () => {
  it.each<[string, GatewayTraffic, readonly KubeObject[], string, RegExp]>([
    [
      'without pickers for its versions',
      {},
      [...pooled(), toModel],
      'PickersMissing',
      /^traffic.gatewayAPI.pickers: .*InferencePool model .*--pool-name=model-sluice-stable and --pool-name=model-sluice-canary/,
    ],
    [
      'that is not there, nor its CRD',
      {},
      [service(), toModel],
      'InferencePoolNotFound',
      /spec.rules\[0\].backendRefs of rule rules\[0\] of HTTPRoute model: there is no InferencePool model .*its CRD \(inference.networking.k8s.io\/v1\) must be installed/,
    ],
    [
      'of another name',
      { ...POOL_SPEC, inferencePool: 'modle' },
      [...pooled(), toModel],
      'InferencePoolNotFound',
      /inferencePool: there is no InferencePool modle in the namespace \(there are: model\); create it or correct/,
    ],
    [
      'to which no rule goes',
      POOL_SPEC,
      [...pooled(), service(), route([{ backendRefs: [to('model', 1)] }])],
      'NoRouteToService',
      /pickers: no rule of a route goes to an InferencePool/,
    ],
    [
      'named, to which no rule goes',
      { ...POOL_SPEC, inferencePool: 'model' },
      [...pooled(), service(), route([{ backendRefs: [to('model', 1)] }])],
      'NoRouteToService',
      /no rule of a route goes to InferencePool model/,
    ],
    [
      'of another namespace',
      { ...POOL_SPEC, inferencePool: 'model' },
      [...pooled(), route([{ backendRefs: [toPool('model', 1, { namespace: 'far' })] }])],
      'NoRouteToService',
      /names a backend of that name of another kind or namespace: name the InferencePool of this namespace/,
    ],
    [
      'of the older API',
      POOL_SPEC,
      [route([{ backendRefs: [toPool('model', 1, { group: 'inference.networking.x-k8s.io' })] }])],
      'InferencePoolUnfit',
      /InferencePool model of the group inference.networking.x-k8s.io \(v1alpha2\).*migrate the pool.*spec.rules\[0\]/,
    ],
    [
      'that misses pods',
      POOL_SPEC,
      [
        pool('model', { selector: { matchLabels: { app: 'model', version: 'v0' } } }),
        ...without('model'),
        toModel,
      ],
      'InferencePoolUnfit',
      /does not select the pods of both versions .*"version":"v0".*take the labels that change out of the selector/,
    ],
    [
      'beside another one',
      POOL_SPEC,
      [...pooled(), pool('twin'), route([{ backendRefs: [toPool(), toPool('twin')] }])],
      'SeveralServices',
      /inferencePool: routes go to InferencePools model, twin, .*name the pool to split/,
    ],
    [
      'without a picker',
      POOL_SPEC,
      [pool('model', { endpointPickerRef: undefined }), ...without('model'), toModel],
      'PickerUnfit',
      /InferencePool model has no endpoint picker \(spec.endpointPickerRef\)/,
    ],
    [
      'with a picker of another kind',
      POOL_SPEC,
      [picker({ kind: 'Backend', group: 'example.dev' }), ...without('model'), toModel],
      'PickerUnfit',
      /picker of kind Backend \(spec.endpointPickerRef.kind\)/,
    ],
    [
      'whose named picker is not there',
      POOL_SPEC,
      [...without(PICKERS.canary), toModel],
      'PickerUnfit',
      /^traffic.gatewayAPI.pickers.canary: there is no Service canary-epp .*--pool-name=model-sluice-canary/,
    ],
    [
      'whose pickers have another port',
      POOL_SPEC,
      [picker({ port: { number: 9999 } }), ...without('model'), toModel],
      'PickerUnfit',
      /pickers.stable: Service stable-epp has no port 9999, .*spec.endpointPickerRef.port \(ports: 9002\)/,
    ],
    [
      'with one picker for both versions',
      { pickers: { stable: 'stable-epp', canary: 'stable-epp' } },
      [...pooled(), toModel],
      'PickerUnfit',
      /stable and canary name the same Service stable-epp/,
    ],
    [
      'whose own picker is named',
      { pickers: { stable: 'user-epp', canary: 'canary-epp' } },
      [...pooled(), pickerService('user-epp'), toModel],
      'PickerUnfit',
      /pickers.stable: Service user-epp is the picker of InferencePool model/,
    ],
    [
      'whose picker is for another pool',
      POOL_SPEC,
      [...pooled(), pickerDeployment('canary-epp', ['--pool-name', 'model'], 1), toModel],
      'PickerUnfit',
      /pickers.canary: Deployment canary-epp behind Service canary-epp runs with --pool-name=model: let it run with --pool-name=model-sluice-canary/,
    ],
  ])('%s', (_name, spec, objects, reason, message) => {
    const asked = ask(spec, objects);
    expect(asked).toMatchObject({ problem: { reason, message: expect.stringMatching(message) } });
  });

  it('that has the pods of another Deployment', () => {
    const asked = ask(POOL_SPEC, [...pooled(), toModel], { sharedWith: { 'InferencePool/model': 'batch' } });
    expect(asked).toMatchObject({
      problem: {
        reason: 'InferencePoolUnfit',
        message: expect.stringMatching(/model has the pods of Deployment batch behind it/),
      },
    });
  });

  it('that a Gateway refuses by the route', () => {
    const refused = answer(GATEWAY, { Accepted: 'True', ResolvedRefs: 'False' });
    const asked = ask(POOL_SPEC, [...pooled(), { ...toModel, status: { parents: [refused] } }]);
    expect(asked).toMatchObject({ problem: { reason: 'RouteNotAccepted' } });
  });
});

const planned = (objects: readonly KubeObject[], spec = POOL_SPEC) => {
  const asked = ask(spec, objects);
  if ('problem' in asked) throw new Error(asked.problem.message);
  return asked.plan;
};
const created = (writes: readonly RouteWrite[]): readonly KubeObject[] =>
  writes.flatMap((write) => (write.op === 'create' ? [write.object] : []));

/** The world as its writes leave it, with statuses as a controller gives them. */
function written(
  objects: readonly KubeObject[],
  writes: readonly RouteWrite[],
  status?: object,
): KubeObject[] {
  const made = created(writes).map(
    (one): KubeObject => ({
      ...one,
      metadata: { ...one.metadata, uid: `uid-${one.metadata.name}`, resourceVersion: '1', generation: 2 },
      ...(status === undefined ? {} : { status }),
    }),
  );
  const refs = writes.flatMap((write) =>
    write.op === 'patch'
      ? (write.patch as { value?: unknown; op: string }[]).filter(({ op }) => op === 'replace')
      : [],
  );
  return [
    ...objects.map((one) =>
      one.kind === 'HTTPRoute' && refs.length > 0
        ? { ...one, spec: { ...(one['spec'] as object), rules: [{ backendRefs: refs[0]?.value }] } }
        : one,
    ),
    ...made,
  ];
}

describe('the pools of a release', () => {
  const world = [...pooled(), toModel];
  const plan = planned(world);
  const context = (objects: readonly KubeObject[]) => contextOf(objectsOf(...objects), plan, POOL_SPEC);
  const split = { kind: 'split', weight: 25 } as const;

  it('are all that the user wrote, with a hash and a picker of their own', () => {
    const pools = created(gatewayRouter.writes(context(world), { kind: 'prepared' }));
    const { selector: _selector, endpointPickerRef, ...rest } = pool()['spec'] as Record<string, object>;
    expect(pools.map(({ kind, metadata, spec }) => [kind, metadata.name, spec])).toEqual(
      [
        ['stable', '5d9c'],
        ['canary', 'x7k2'],
      ].map(([version, hash]) => [
        'InferencePool',
        `model-sluice-${version}`,
        {
          ...rest,
          selector: { matchLabels: { app: 'model', [HASH_LABEL]: hash } },
          endpointPickerRef: { ...endpointPickerRef, name: `${version}-epp` },
        },
      ]),
    );
  });

  it('have the last weight with stable, whose picker would fail no request', () => {
    const writes = gatewayRouter.writes(context(world), split);
    const [made] = written(world, writes).filter(({ kind }) => kind === 'HTTPRoute');
    expect(made?.['spec']).toMatchObject({
      rules: [
        {
          backendRefs: [
            toPool('model', 0),
            toPool('model-sluice-canary', 25),
            toPool('model-sluice-stable', 75),
          ],
        },
      ],
    });
  });

  it.each<[string, readonly KubeObject[], object | undefined, string | undefined]>([
    ['a controller that says nothing of pools', [], undefined, undefined],
    [
      'a controller that has taken them',
      [],
      { parents: [answer(GATEWAY, { Accepted: 'True', ResolvedRefs: 'True' }, { observedGeneration: 2 })] },
      undefined,
    ],
    [
      'a controller that has not taken them',
      [],
      { parents: [answer(GATEWAY, { Accepted: 'True', ResolvedRefs: 'True' }, { observedGeneration: 1 })] },
      'the controller of Gateway infra/edge has not taken InferencePool model-sluice-stable as it is yet',
    ],
    [
      'a controller that refuses them',
      [],
      { parents: [answer(GATEWAY, { Accepted: 'True', ResolvedRefs: 'False' })] },
      'Gateway infra/edge does not accept InferencePool model-sluice-stable: ResolvedRefs=False, Wrong:  (correct the route, or take the parent out of spec.parentRefs)',
    ],
    [
      'a picker without a ready pod',
      [pickerDeployment('stable-epp', [], 1), pickerDeployment('canary-epp', [], 0)],
      undefined,
      'no pod of Deployment canary-epp, the endpoint picker of InferencePool model-sluice-canary, is ready yet',
    ],
    ['pickers with ready pods', [pickerDeployment('canary-epp', [], 1)], undefined, undefined],
  ])('are in force with %s as they should', (_name, more, status, untaken) => {
    const all = [...world, ...more];
    const after = written(all, gatewayRouter.writes(context(all), split), status);
    const state = gatewayRouter.compare(context(after), split);
    expect(state).toEqual({ kind: 'asDesired', ...(untaken === undefined ? {} : { untaken }) });
  });

  it('do not let an abort wait for a picker', () => {
    const all = [...world, pickerDeployment('canary-epp', [], 0)];
    const after = written(all, gatewayRouter.writes(context(all), { kind: 'withdrawn' }));
    expect(gatewayRouter.compare(context(after), { kind: 'withdrawn' })).toEqual({ kind: 'asDesired' });
  });

  it('are corrected, keep their pods, and are gone at the end', () => {
    const after = written(world, gatewayRouter.writes(context(world), split));
    const edited = after.map((one) =>
      one.metadata.name === 'model-sluice-canary'
        ? { ...one, spec: { ...(one['spec'] as object), selector: { matchLabels: { no: 'pod' } } } }
        : one,
    );
    expect(gatewayRouter.compare(context(edited), split)).toMatchObject({ part: 'subsets' });
    expect(gatewayRouter.selects(objectsOf(...after).kinds, 'x7k2')).toBe(true);
    const whole = written(after, gatewayRouter.writes(context(after), { kind: 'untouched' }));
    expect(whole.find(({ kind }) => kind === 'HTTPRoute')?.['spec']).toEqual(toModel['spec']);
    const last = gatewayRouter.writes(context(whole), { kind: 'untouched' });
    expect(last.flatMap((write) => (write.op === 'delete' ? [write.target.metadata.name] : []))).toEqual([
      'model-sluice-stable',
      'model-sluice-canary',
    ]);
  });

  it('cannot continue without the pool of the user', () => {
    const after = written(world, gatewayRouter.writes(context(world), split));
    const gone = after.filter(({ kind, metadata }) => kind !== 'InferencePool' || metadata.name !== 'model');
    expect(gatewayRouter.compare(context(gone), split)).toMatchObject({
      kind: 'broken',
      reason: 'InferencePoolNotFound',
      message: 'InferencePool model has been deleted: create it again',
    });
  });

  it('are found again after a release that nobody ended', () => {
    const after = written(world, gatewayRouter.writes(context(world), split));
    const { owner, ...request } = requestOf(objectsOf(...after), POOL_SPEC);
    const left = gatewayRouter.leftovers({ ...request, owner }, { now: 0, ms: 1_000 });
    expect(left.problem?.reason).toBe('StaleRoute');
    const restored = written(after, left.writes).find(({ kind }) => kind === 'HTTPRoute');
    expect(restored?.['spec']).toEqual(toModel['spec']);
  });

  it('leave a Service over the same pods to be split beside them', () => {
    const both = [...world, service(), route([{ backendRefs: [to('model', 1)] }], {}, 'rest')];
    expect(planned(both).data).toMatchObject({ pool: true, moreServices: ['model'] });
  });
});

describe('sluice init', () => {
  it('says what an InferencePool needs', () => {
    const { owner, podLabels, objects } = requestOf(objectsOf(...pooled(), toModel));
    const { found, problems } = findRoutes({ owner, podLabels, objects });
    expect(found).toEqual([]);
    expect(problems).toEqual([
      { kind: 'HTTPRoute', name: 'model', message: expect.stringContaining('traffic.gatewayAPI.pickers') },
    ]);
  });
});
