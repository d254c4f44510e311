import { describe, expect, it } from 'vitest';
import { objectsOf, requestOf, route, service, to } from '../../../../test/conformance/gateway-world.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteAsks } from '../../context.ts';
import type { Json } from '../../json.ts';
import type { GatewayTraffic } from '../spec.ts';
import { gatewayPreflight } from './preflight.ts';

const TESTERS = { headers: { 'X-Tester': { exact: 'yes' } } };
const TWO = { headers: { 'x-tester': { exact: 'yes' }, 'x-region': { prefix: 'eu-' } } };
const header = (name: string, value: string, type = 'Exact'): Json => ({ type, name, value });
const path = (value: string, type = 'PathPrefix'): Json => ({ path: { type, value } });
const own = (more: Json = {}): Json => ({ backendRefs: [to('model', 1)], ...more });
const other = (more: Json = {}): Json => ({ backendRefs: [to('other', 1)], ...more });
const modifier = (responseHeaderModifier: Json): Json => ({
  filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier }],
});
const gatewayClass = (...features: readonly string[]): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'fast' },
  spec: { controllerName: 'example.dev/gateways' },
  ...(features.length === 0 ? {} : { status: { supportedFeatures: features.map((name) => ({ name })) } }),
});

function asked(
  rules: readonly Json[],
  asks: Partial<RouteAsks>,
  { spec = {}, more = [] }: { readonly spec?: GatewayTraffic; readonly more?: readonly KubeObject[] } = {},
): string {
  const objects = objectsOf(service(), service('other', { selector: { app: 'b' } }), route(rules), ...more);
  const found = gatewayPreflight({
    ...requestOf(objects, spec),
    asks: { match: [], mirror: false, ...asks },
  });
  return 'problem' in found ? `${found.problem.reason}: ${found.problem.message}` : 'none';
}

const withMatch = (rules: readonly Json[], match: RouteAsks['match'] = [TESTERS]): string =>
  asked(rules, { match });

describe('a match that a rule cannot take', () => {
  it.each<[string, readonly Json[], RouteAsks['match'], RegExp]>([
    [
      'a condition that cannot be combined',
      [own({ matches: [{ headers: [header('x-tester', '(?P<a>yes)', 'RegularExpression')] }] })],
      [TESTERS],
      /^RouteTakesNoMatch: steps\[\]\.match: rule rules\[0\] of HTTPRoute model has a condition on the header x-tester itself/,
    ],
    [
      'more matches than a rule may have',
      [own({ matches: Array.from({ length: 33 }, (_none, at) => path(`/${at}`)) })],
      [TESTERS, { cookies: { beta: { exact: '1' } } }],
      /needs 66 matches with those of all steps, of which the Gateway API allows 64/,
    ],
    [
      'more matches than a route may have',
      [0, 1].map((at) => own({ matches: Array.from({ length: 33 }, (_none, nth) => path(`/${at}-${nth}`)) })),
      [TESTERS],
      /^RouteTakesNoMatch: .*HTTPRoute model needs 132 matches/,
    ],
    [
      'more rules than a route may have',
      Array.from({ length: 9 }, (_none, at) => own({ matches: [path(`/${at}`)] })),
      [TESTERS],
      /HTTPRoute model needs 18 rules with those of ours for each that is split, of which the Gateway API allows 16/,
    ],
    [
      'more conditions than a match may have',
      [own({ matches: [{ headers: Array.from({ length: 16 }, (_none, at) => header(`h-${at}`, 'a')) }] })],
      [TESTERS],
      /needs more than 16 conditions on headers/,
    ],
    [
      'requests of a rule for one more header, which came first',
      [other({ matches: [{ headers: [header('x-plan', 'gold')] }] }), own()],
      [TWO],
      /^RouteTakesNoMatch: .*rule rules\[0\] of HTTPRoute model would lose requests to the new version of rule rules\[1\] of HTTPRoute model/,
    ],
    [
      'requests of the same rule, which stands before it',
      [other({ matches: [path('/a')] }), own({ matches: [path('/a/')] })],
      [TESTERS],
      /would lose requests/,
    ],
  ])('is %s', (_what, rules, match, expected) => {
    expect(withMatch(rules, match)).toMatch(expected);
  });

  it.each<[string, readonly Json[], RouteAsks['match']]>([
    [
      'a rule with a longer path',
      [other({ matches: [path('/a/b')] }), own({ matches: [path('/a')] })],
      [TWO],
    ],
    ['a rule with another path', [other({ matches: [path('/b')] }), own({ matches: [path('/a')] })], [TWO]],
    ['a rule for a method', [other({ matches: [{ method: 'POST' }] }), own()], [TWO]],
    [
      'a rule with as many headers, which stands before it',
      [other({ matches: [{ headers: [header('x-plan', 'gold')] }] }), own()],
      [TESTERS],
    ],
    [
      'a rule for other values of the header',
      [other({ matches: [{ headers: [header('x-tester', 'no')] }] }), own()],
      [TWO],
    ],
    ['a rule that stands behind it', [own(), other()], [TESTERS]],
    [
      'a rule that is split as well',
      [own({ matches: [{ headers: [header('x-plan', 'gold')] }] }), own()],
      [TWO],
    ],
  ])('is not one beside %s', (_what, rules, match) => {
    expect(withMatch(rules, match)).toBe('none');
  });

  it.each<[string, Json, boolean]>([
    ['of the same hostname', { hostnames: ['model.example'] }, true],
    ['of another hostname', { hostnames: ['b.example'] }, false],
    ['of another parent', { parentRefs: [{ name: 'inner' }] }, false],
  ])('sees the rules of a route %s', (_what, more, expected) => {
    const beside = route([other()], more, 'a-beside');
    const found = asked([own()], { match: [TESTERS] }, { more: [beside] });
    expect(found.includes('rule rules[0] of HTTPRoute a-beside would lose requests')).toBe(expected);
  });
});

describe('a mirror', () => {
  const part: Partial<RouteAsks> = { mirror: true, partialMirror: true };
  const [MIRROR, PERCENT, SEVERAL] = ['Mirror', 'PercentageMirror', 'MultipleMirrors'].map(
    (name) => `HTTPRouteRequest${name}`,
  ) as [string, string, string];
  const theirs = own({
    filters: [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'shadow', port: 80 } } }],
  });

  it.each<[string, Json, Partial<RouteAsks>, readonly string[], GatewayTraffic, RegExp]>([
    ['is taken where the class lists it', own(), part, [MIRROR, PERCENT], {}, /^none$/],
    ['of all requests needs no percentage', own(), { mirror: true }, [MIRROR], {}, /^none$/],
    [
      'of a part needs that',
      own(),
      part,
      [MIRROR],
      {},
      /^FeatureMissing: steps\[\]\.mirror: HTTPRoute model needs the feature HTTPRouteRequestPercentageMirror, and GatewayClass fast \(controller example\.dev\/gateways\) does not list it .*: without it all requests may be copied.*traffic\.gatewayAPI\.features: \[HTTPRouteRequestPercentageMirror\]/,
    ],
    [
      'is refused where nothing is published',
      own(),
      part,
      [],
      {},
      /^FeatureMissing: .*no GatewayClass of controller example\.dev\/gateways says what it supports: without it requests to such a rule may fail/,
    ],
    ['is taken where the policy states it', own(), part, [], { features: [MIRROR, PERCENT] }, /^none$/],
    ['beside another needs several', theirs, part, [MIRROR, PERCENT], {}, new RegExp(`${SEVERAL}, and`)],
    ['is taken beside another', theirs, part, [MIRROR, PERCENT, SEVERAL], {}, /^none$/],
    [
      'needs room among the filters',
      own({ filters: Array.from({ length: 16 }, () => ({ type: 'RequestHeaderModifier' })) }),
      part,
      [MIRROR, PERCENT],
      {},
      /^RouteTakesNoMirror: .*has 16 filters, of which the Gateway API allows 16: take one away \(spec\.rules\[0\]\.filters\)/,
    ],
  ])('%s', (_what, rule, asks, features, spec, expected) => {
    expect(asked([rule], asks, { spec, more: [gatewayClass(...features)] })).toMatch(expected);
  });

  it('of calls of gRPC has to be stated, since no name is published for that', () => {
    const grpc = route([own()], {}, 'model', 'GRPCRoute');
    const objects = objectsOf(service(), grpc, gatewayClass(MIRROR, PERCENT));
    const ask = (spec: GatewayTraffic) =>
      gatewayPreflight({ ...requestOf(objects, spec), asks: { match: [], mirror: true } });
    expect(ask({})).toMatchObject({ problem: { reason: 'FeatureMissing' } });
    expect('plan' in ask({ features: [MIRROR] })).toBe(true);
  });
});

describe('clients that stay with their version', () => {
  const stays: Partial<RouteAsks> = { sticky: true, groups: 5 };
  const features = ['ResponseHeaderModification', 'BackendRequestHeaderModification'].map(
    (name) => `HTTPRoute${name}`,
  );
  const cookie = { name: 'set-cookie', value: 'a=b' };

  it.each<[string, Json, Partial<RouteAsks>, GatewayTraffic, RegExp]>([
    ['are taken', own(), stays, { features }, /^none$/],
    [
      'need filters at backends',
      own(),
      stays,
      {},
      /^FeatureMissing: sticky: .*HTTPRouteResponseHeaderModification/,
    ],
    [
      'need a backend for each weight',
      own(),
      { ...stays, groups: 22 },
      { features },
      /^TooManyBackends: sticky: rule rules\[0\] of HTTPRoute model needs 23 backends/,
    ],
    [
      'need the cookies of the rule',
      own(modifier({ remove: ['Set-Cookie'] })),
      stays,
      { features },
      /^RouteTakesNoCookie: sticky: rule rules\[0\] of HTTPRoute model changes Set-Cookie/,
    ],
    [
      'need the cookies of its backends',
      { backendRefs: [to('model', 1, modifier({ add: [cookie] }))] },
      stays,
      { features },
      /^RouteTakesNoCookie/,
    ],
    [
      'need conditions on cookies for themselves',
      own({ matches: [{ headers: [header('Cookie', '.*x.*', 'RegularExpression')] }] }),
      stays,
      { features },
      /^RouteTakesNoMatch: sticky: .*on the header cookie itself/,
    ],
  ])('%s', (_what, rule, asks, spec, expected) => {
    expect(asked([rule], asks, { spec })).toMatch(expected);
  });
});
