import { describe, expect, it } from 'vitest';
import {
  contextOf,
  destinationRule,
  NAMESPACE,
  named,
  requestOf,
  service,
  to,
  virtualService,
} from '../../../../test/conformance/istio-world.ts';
import { ObjectsInMemory } from '../../../../test/conformance/objects-in-memory.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteObjects } from '../../context.ts';
import type { Json } from '../../json.ts';
import type { RouteWarning } from '../../router.ts';
import { istioRouter } from '../istio.ts';
import type { IstioTraffic } from '../spec.ts';

const OURS = { route: [to('model')] };
const MODEL = virtualService([OURS]);
const FQDN = `model.${NAMESPACE}.svc.cluster.local`;
const elsewhere = (name: string, spec: Json, kind = 'VirtualService'): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { name, namespace: 'team' },
  spec,
});

function setUp(
  objects: readonly KubeObject[],
  istio: Partial<IstioTraffic> = {},
  more: Partial<RouteObjects> = {},
) {
  const seen = { ...new ObjectsInMemory([service(), ...objects]).read(NAMESPACE), ...more };
  const found = istioRouter.preflight(requestOf(seen, istio));
  const warnings = (): readonly RouteWarning[] => {
    if ('problem' in found) throw new Error(found.problem.message);
    return istioRouter.warnings(contextOf(seen, found.plan, istio));
  };
  return { found, warnings };
}

const foreign = (...virtualServices: KubeObject[]): Partial<RouteObjects> => ({
  elsewhere: { VirtualService: virtualServices },
});
const clients = (...destinationRules: KubeObject[]): Partial<RouteObjects> => ({
  elsewhere: { DestinationRule: destinationRules },
});

describe('what reaches the pods past the split is named', () => {
  it.each<[string, RegExp | null, readonly KubeObject[], Partial<RouteObjects>?]>([
    ['nothing', null, [MODEL]],
    ['nothing that goes to a Service of other pods', null, [MODEL, service('b', { app: 'b' })]],
    ['nothing, with a second VirtualService, which is split', null, [MODEL, named('b', MODEL)]],
    [
      'calls by the name of the Service',
      /calls of Service model by its name \(a VirtualService .* "mesh" in spec\.gateways and "model" in spec\.hosts/,
      [virtualService([OURS], { gateways: ['edge'] })],
    ],
    [
      'a Service that no VirtualService routes to',
      /: calls of Service metrics by its name/,
      [MODEL, service('metrics')],
    ],
    [
      'a route to a Service with the pods of another Deployment',
      /http route http\[0\] of VirtualService all to Service all \(it has the pods of Deployment b behind it, too\)/,
      [MODEL, service('all'), named('all', virtualService([{ route: [to('all')] }], { hosts: ['all'] }))],
      { sharedWith: { all: 'b' } },
    ],
    [
      'a route to a Service with a DestinationRule that rules out our subsets',
      /VirtualService grpc to Service grpc \(spec\.exportTo of DestinationRule users is narrower/,
      [
        MODEL,
        service('grpc'),
        named('grpc', virtualService([{ route: [to('grpc')] }], { hosts: ['grpc'] })),
        destinationRule('users', { host: 'grpc', exportTo: ['.'] }),
      ],
    ],
    [
      'a tcp route',
      /a tcp route of VirtualService b to Service model/,
      [MODEL, named('b', virtualService([], { tcp: [OURS] }))],
    ],
    [
      'a mirror',
      /a mirror of VirtualService b to Service model/,
      [MODEL, named('b', virtualService([{ route: [to('other')], mirror: { host: 'model' } }]))],
    ],
    [
      'a VirtualService of another namespace',
      /VirtualService team\/edge to Service model \(only those of namespace shop are split\)/,
      [MODEL],
      foreign(elsewhere('edge', { hosts: ['x'], http: [{ route: [to(FQDN)] }] })),
    ],
  ])('%s', (_what, wanted, objects, more = {}) => {
    const [warning, ...others] = setUp(objects, {}, more).warnings();
    expect(others).toStrictEqual([]);
    expect(warning?.reason).toBe(wanted === null ? undefined : 'UnsplitTraffic');
    expect(warning?.message ?? '').toMatch(wanted ?? /^$/);
  });

  const byName = [virtualService([OURS], { gateways: ['edge'] })];

  it('unless the policy allows it', () => {
    expect(setUp(byName, { unsplit: 'allow' }).warnings()).toStrictEqual([]);
  });

  it('and keeps a release from starting where the policy refuses it', () => {
    const { found } = setUp(byName, { unsplit: 'refuse' });
    expect('problem' in found && found.problem.reason).toBe('UnsplitTraffic');
    expect('plan' in setUp([MODEL], { unsplit: 'refuse' }).found).toBe(true);
  });

  it('once for many, with the number of the rest', () => {
    const many = Array.from({ length: 9 }, (_none, index) => service(`s${index}`));
    const [warning] = setUp([MODEL, ...many]).warnings();
    expect(warning?.message).toMatch(/Service s4 .*; and 4 more\. Have them split/);
  });
});

describe('a DestinationRule of another namespace that covers the Service', () => {
  const exact = destinationRule('theirs', { host: FQDN }, 'team');
  const wide = destinationRule('theirs', { host: '*.local' }, 'team');
  const edge = virtualService([OURS], { gateways: ['team/edge'] });
  const gateway = virtualService([OURS], { gateways: ['edge'] });

  it.each<[string, KubeObject, KubeObject]>([
    ['by its name, for clients in the mesh', exact, MODEL],
    ['by a wildcard, where the gateway is', wide, edge],
  ])('keeps a release from starting: %s', (_what, rule, virtual) => {
    const { found } = setUp([virtual], { unsplit: 'allow' }, clients(rule));
    expect('problem' in found && found.problem).toMatchObject({
      reason: 'DestinationRuleHidesSubsets',
      message: expect.stringMatching(/DestinationRule team\/theirs .*\(503\).*Move its policy/),
    });
  });

  it.each<[string, KubeObject, KubeObject, readonly string[]]>([
    ['by a wildcard', wide, MODEL, ['SubsetsHidden']],
    ['though only a gateway routes to it', exact, gateway, ['SubsetsHidden']],
    ['by a wildcard, though only a gateway routes to it', wide, gateway, []],
    [
      'though the VirtualService is not for clients there',
      exact,
      virtualService([OURS], { exportTo: ['.'] }),
      ['SubsetsHidden'],
    ],
  ])('is named where nobody may be concerned: %s', (_what, rule, virtual, reasons) => {
    const warnings = setUp([virtual], { unsplit: 'allow' }, clients(rule)).warnings();
    expect(warnings.map(({ reason }) => reason)).toStrictEqual(reasons);
    const told = /team\/theirs \(spec\.host .*fail \(503\)/;
    expect(warnings.filter(({ message }) => !told.test(message))).toStrictEqual([]);
  });
});
