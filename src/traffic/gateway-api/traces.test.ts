import { describe, expect, it } from 'vitest';
import { objectsOf, requestOf, route, service, to } from '../../../test/conformance/gateway-world.ts';
import { POD_LABELS } from '../../../test/conformance/istio-world.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Json } from '../json.ts';
import { gatewayRouter } from './gateway-api.ts';
import type { GatewayTraffic } from './spec.ts';

const rule = (...backendRefs: readonly Json[]): Json => ({ backendRefs });
const half = (weight: number): Json =>
  rule(to('model-sluice-stable', 100 - weight), to('model-sluice-canary', weight));

describe('a change of a route', () => {
  it.each<[string, KubeObject, KubeObject, boolean]>([
    ['of weights', route([half(10)]), route([half(25)]), true],
    ['of its status', route([half(10)]), { ...route([half(10)]), status: {} }, true],
    ['of its backends', route([rule(to('model', 1))]), route([half(10)]), false],
    ['of its hosts', route([half(10)]), route([half(10)], { hostnames: ['x'] }), false],
    ['of a Service', service(), service('model', { ports: [] }), false],
  ])('%s concerns only its users: %s', (_what, previous, object, expected) => {
    expect(gatewayRouter.isShift(previous, object)).toBe(expected);
  });
});

describe('the users of a route', () => {
  const { kinds } = objectsOf(service(), service('other', { selector: { app: 'other' } }));
  it.each<[string, GatewayTraffic, KubeObject, boolean]>([
    ['have a rule for their Service', {}, route([rule(to('model', 1))]), true],
    ['have one for a version of it', {}, route([half(10)]), true],
    ['have none for others', {}, route([rule(to('other', 1))]), false],
    ['name it', { httpRoutes: ['model'] }, route([rule(to('model', 1))]), true],
    ['name another', { httpRoutes: ['other'] }, route([rule(to('model', 1))]), false],
    ['have no other objects', {}, service(), false],
  ])('%s', (_what, spec, object, expected) => {
    expect(gatewayRouter.uses({ spec, plan: null, podLabels: POD_LABELS }, object, kinds)).toBe(expected);
  });

  it('have it in their plan, whatever became of its rules', () => {
    const found = gatewayRouter.preflight(requestOf(objectsOf(service(), route([rule(to('model', 1))]))));
    const plan = 'plan' in found ? found.plan : null;
    expect(gatewayRouter.uses({ spec: {}, plan }, route([]), kinds)).toBe(true);
    expect(gatewayRouter.uses({ spec: {}, plan }, route([], {}, 'inner'), kinds)).toBe(false);
  });
});

describe('traces of a split', () => {
  it('are in a route that names a version', () => {
    expect(gatewayRouter.isSplit(route([half(10)]))).toBe(true);
    expect(gatewayRouter.isSplit(route([rule(to('model', 1))]))).toBe(false);
  });

  it('are in a Service of ours for the version', () => {
    const ours = service('model-sluice-canary', { selector: { app: 'model', 'pod-template-hash': 'x7k2' } });
    expect(gatewayRouter.selects(objectsOf(ours).kinds, 'x7k2')).toBe(true);
    expect(gatewayRouter.selects(objectsOf(ours).kinds, '5d9c')).toBe(false);
  });
});

const find = (...objects: readonly KubeObject[]) =>
  gatewayRouter.find({ ...requestOf(objectsOf(...objects)) });

describe('what can be written for a workload', () => {
  it('is one policy for all its routes', () => {
    const grpc = route([rule(to('model', 1))], {}, 'model-grpc', 'GRPCRoute');
    expect(find(service(), route([rule(to('model', 1))]), grpc)).toEqual({
      found: [{ kind: 'HTTPRoute', name: 'model, model-grpc', service: 'model', spec: {} }],
      problems: [],
    });
  });

  it('names the Service where routes go to several', () => {
    const two = route([rule(to('model', 1)), rule(to('model-grpc', 1))]);
    expect(find(service(), service('model-grpc'), two).found.map(({ spec }) => spec)).toEqual([
      { service: 'model' },
      { service: 'model-grpc' },
    ]);
  });

  it('is a problem where no parent accepts the route', () => {
    const { found, problems } = find(service(), { ...route([rule(to('model', 1))]), status: {} });
    expect(found).toEqual([]);
    expect(problems).toMatchObject([{ kind: 'HTTPRoute', name: 'model' }]);
  });
});
