import { describe, expect, it } from 'vitest';
import {
  answer,
  GATEWAY,
  objectsOf,
  requestOf,
  route,
  service,
  to,
} from '../../../../test/conformance/gateway-world.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Json } from '../../json.ts';
import type { GatewayTraffic } from '../spec.ts';
import { gatewayPreflight } from './preflight.ts';

const rule = (more: Json = {}, ...refs: readonly Json[]): Json => ({
  ...more,
  backendRefs: refs.length === 0 ? [to('model', 1)] : refs,
});
const other = service('other', { selector: { app: 'other' } });
const ask = (spec: GatewayTraffic, ...objects: readonly KubeObject[]) =>
  gatewayPreflight(requestOf(objectsOf(...objects), spec));
const refused = (reason: string, message = ''): KubeObject => {
  const made = route([rule()]);
  const conditions = [{ type: 'Accepted', status: 'False', reason, message }];
  return { ...made, status: { parents: [{ ...answer(GATEWAY, {}), conditions }] } };
};
const split = rule({}, to('model-sluice-stable', 90), to('model-sluice-canary', 10));

describe('what no release can begin with', () => {
  it.each<[string, GatewayTraffic, readonly KubeObject[], string, RegExp]>([
    [
      'no route at all',
      {},
      [service()],
      'NoRouteToService',
      /no HTTPRoute and no GRPCRoute: create one here.*CRDs/,
    ],
    [
      'a route that is not there',
      { httpRoutes: ['absent'] },
      [service(), route([rule()])],
      'RouteNotFound',
      /httpRoutes: there is no HTTPRoute absent in the namespace \(there are: model\)/,
    ],
    [
      'a redirect',
      {},
      [service(), route([{ filters: [{ type: 'RequestRedirect' }] }])],
      'NoRouteToService',
      /rules\[0\] of HTTPRoute model has no backend but RequestRedirect: name the Service/,
    ],
    [
      'a direct response',
      {},
      [service(), route([{ filters: [{ type: 'ExtensionRef' }] }])],
      'NoRouteToService',
      /no backend but ExtensionRef/,
    ],
    [
      'backends of others',
      {},
      [service(), other, route([rule({}, to('other', 1), to('third', 1))])],
      'NoRouteToService',
      /go to: other, third/,
    ],
    [
      'a backend of another kind',
      {},
      [service(), route([rule({}, { group: 'example.dev', kind: 'Function', name: 'model-fn' })])],
      'NoRouteToService',
      /goes to Function model-fn, and only backends of the kinds Service and InferencePool .* are split/,
    ],
    [
      'the Service of another namespace',
      {},
      [service(), route([rule({}, to('model', 1, { namespace: 'elsewhere' }))])],
      'NoRouteToService',
      /names a backend of that name of another kind or namespace/,
    ],
    [
      'a rule that is not there',
      { rules: ['predict'] },
      [service(), route([rule({ name: 'batch' })])],
      'RouteNotFound',
      /rules: there is no rule "predict" .*"batch" \(rules\[0\]\) of HTTPRoute model\); correct the name/,
    ],
    [
      'rules without names',
      { rules: ['predict'] },
      [service(), route([rule()])],
      'RouteNotFound',
      /they have no names: give them some \(spec.rules\[\].name, which older CRDs/,
    ],
    [
      'two rules of one name',
      { rules: ['predict'] },
      [service(), route([rule({ name: 'predict' }), rule({ name: 'predict' })])],
      'SeveralRoutes',
      /several rules of HTTPRoute model have the name "predict"/,
    ],
    [
      'a named rule to somewhere else',
      { rules: ['rest'] },
      [service(), route([rule({ name: 'rest' }, to('other', 1)), rule()])],
      'NoRouteToService',
      /rule "rest" does not go to the Service; name one of rule rules\[1\]/,
    ],
    [
      'a named route with rules for others only',
      { grpcRoutes: ['model'] },
      [service(), route([rule()]), route([rule({}, to('other', 1))], {}, 'model', 'GRPCRoute')],
      'NoRouteToService',
      /rules of GRPCRoute model go to: other/,
    ],
    [
      'weight 0',
      {},
      [service(), route([rule({}, to('model', 0), to('other', 1))])],
      'NoRouteToService',
      /gives the Service the weight 0.*spec.rules\[0\].backendRefs/,
    ],
    [
      'persistent sessions',
      {},
      [service(), route([rule({ sessionPersistence: { type: 'Cookie' } })])],
      'SessionPersistence',
      /take it away \(spec.rules\[0\].sessionPersistence\)/,
    ],
    [
      'as many backends as a rule may have',
      {},
      [
        service(),
        route([rule({}, to('model', 1), ...Array.from({ length: 15 }, (_, at) => to(`b${at}`, 1)))]),
      ],
      'TooManyBackends',
      /has 16 backends and needs 18 for a split/,
    ],
    [
      'a Service without a selector',
      { service: 'model' },
      [service('model', { selector: undefined }), route([rule()])],
      'ServiceSelectsOthers',
      /service: Service model has no spec.selector/,
    ],
    [
      'no Service for the pods',
      {},
      [other, service('bare', { selector: undefined }), route([rule()])],
      'ServiceNotFound',
      /Services: other, bare; without a selector: bare/,
    ],
    [
      'a Service that misses the pods of the new version',
      {},
      [service('model', { selector: { app: 'model', version: 'v0' } }), route([rule()])],
      'ServiceNotFound',
      /no Service of the namespace selects the pods .*create one or correct its spec\.selector/,
    ],
    [
      'a listener that is for other hosts',
      {},
      [service(), refused('NoMatchingListenerHostname', 'no host')],
      'RouteNotAccepted',
      /NoMatchingListenerHostname: no host \(let spec\.hostnames fit the hostname of a listener/,
    ],
    [
      'several Services',
      {},
      [service(), service('model-grpc'), route([rule({}, to('model', 1)), rule({}, to('model-grpc', 1))])],
      'SeveralServices',
      /service: routes go to Services model, model-grpc/,
    ],
    [
      'a Service of the user with our name',
      {},
      [service(), service('model-sluice-canary', { selector: { app: 'x' } }), route([rule()])],
      'ServiceNameTaken',
      /Service model-sluice-canary exists and is not Sluice's.*rename it/,
    ],
    [
      'the rest of a release that is not known',
      {},
      [service(), route([split])],
      'RouteNotRestored',
      /write its backendRefs/,
    ],
    [
      'a listener that does not take the route',
      {},
      [service(), refused('NotAllowedByListeners', 'no listener')],
      'RouteNotAccepted',
      /Gateway infra\/edge does not accept HTTPRoute model: Accepted=False, NotAllowedByListeners: no listener \(let a listener's allowedRoutes/,
    ],
    [
      'a parent without a controller',
      {},
      [service(), { ...route([rule()]), status: { parents: [] } }],
      'RouteNotAccepted',
      /no controller answers for a parent of HTTPRoute model .*spec.parentRefs: Gateway infra\/edge/,
    ],
    [
      'requests past the split that the policy refuses',
      { unsplit: 'refuse' },
      [service(), route([rule()])],
      'UnsplitTraffic',
      /calls of Service model by its name/,
    ],
  ])('%s', (_what, spec, objects, reason, message) => {
    const found = ask(spec, ...objects);
    const problem = 'problem' in found ? found.problem : null;
    expect(problem?.message).toMatch(message);
    expect(problem?.reason).toBe(reason);
  });
});

const rules = (spec: GatewayTraffic, ...objects: readonly KubeObject[]): unknown => {
  const found = ask(spec, ...objects);
  if ('problem' in found) throw new Error(found.problem.message);
  return found.plan.data.rules.map(({ kind, route: name, index }) => `${kind} ${name} ${index}`);
};

describe('the rules of a release', () => {
  it('may be of a route that several hosts share, and of three weights', () => {
    const three = rule({}, to('model', 50), to('old', 30), to('older', 20));
    expect(rules({}, service(), route([three], { hostnames: ['a.example', 'b.example'] }))).toEqual([
      'HTTPRoute model 0',
    ]);
  });

  it('are all that go to the Service, in routes of both kinds', () => {
    const grpc = route([rule()], {}, 'model', 'GRPCRoute');
    expect(rules({}, service(), route([rule({}, to('other', 1)), rule(), rule()]), grpc)).toEqual([
      'HTTPRoute model 1',
      'HTTPRoute model 2',
      'GRPCRoute model 0',
    ]);
  });

  it('include those of further Services over the same pods', () => {
    const found = ask(
      { service: 'model' },
      service(),
      service('model-grpc'),
      route([rule(), rule({}, to('model-grpc', 1))]),
    );
    expect('plan' in found && found.plan.data.moreServices).toEqual(['model-grpc']);
  });

  it('are checked in manifests that nobody has applied, without what a controller would say', () => {
    const made = route([rule()]);
    const { resourceVersion: _version, ...metadata } = made.metadata;
    const file: KubeObject = { ...made, metadata, status: undefined };
    expect(rules({}, service(), file)).toEqual(['HTTPRoute model 0']);
  });
});
