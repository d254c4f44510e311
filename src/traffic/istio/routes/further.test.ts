import { describe, expect, it } from 'vitest';
import {
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
import type { IstioTraffic } from '../spec.ts';
import { istioPreflight } from './preflight.ts';

const mesh = (...http: Json[]): KubeObject => named('mesh', virtualService(http));
const OURS = { route: [to('model')] };

/** Routes of the plan as VirtualService, place and whether they stay with stable; and the further Services. */
function planned(
  objects: readonly KubeObject[],
  istio: Partial<IstioTraffic> = {},
  more: Partial<RouteObjects> = {},
): unknown {
  const seen = { ...new ObjectsInMemory([service(), ...objects]).read(NAMESPACE), ...more };
  const found = istioPreflight(requestOf(seen, istio));
  if ('problem' in found) return found.problem.reason;
  const { routes: originals, moreServices = [] } = found.plan.data;
  const routes = originals.map(
    ({ virtualService: home = 'model', index, pinned }) =>
      `${home}[${index}]${pinned === true ? ' stays' : ''}`,
  );
  return [...routes, ...moreServices];
}

const RULE = { host: `model.${NAMESPACE}.svc.cluster.local` };
const GRPC = [
  service('grpc'),
  named('grpc', virtualService([{ route: [to('other')] }, { route: [to('grpc')] }])),
];

describe('the plan of a release has every route of the namespace to its pods', () => {
  it.each<[string, readonly KubeObject[], unknown, Partial<IstioTraffic>?, Partial<RouteObjects>?]>([
    ['that of another VirtualService', [mesh(OURS)], ['model[0]', 'mesh[0]']],
    [
      'several of another VirtualService, which stay with stable',
      [mesh(OURS, { route: [to('other')] }, { name: 'b', ...OURS })],
      ['model[0]', 'mesh[0] stays', 'mesh[2] stays'],
    ],
    ['and no other', [mesh({ route: [to('other')] })], ['model[0]']],
    ['that of another Service over the same pods', GRPC, ['model[0]', 'grpc[1]', 'grpc']],
    [
      'that of another Service in the same VirtualService',
      [service('grpc'), mesh(OURS, { route: [to('grpc')] })],
      ['model[0]', 'mesh[0]', 'mesh[1]', 'grpc'],
    ],
    ['but not of a Service over other pods', [service('grpc', { app: 'b' }), ...GRPC.slice(1)], ['model[0]']],
    [
      'but not of a Service that has the pods of another workload, too',
      GRPC,
      ['model[0]'],
      {},
      { sharedWith: { grpc: 'other' } },
    ],
    [
      'but not where a rule of the clients would hide the subsets from them',
      [mesh(OURS)],
      ['model[0]'],
      {},
      { elsewhere: { DestinationRule: [destinationRule('theirs', RULE, 'team')] } },
    ],
    [
      'but not where a DestinationRule is exported to fewer than the VirtualService',
      [...GRPC, destinationRule('users', { host: 'grpc', exportTo: ['.'], subsets: [] }), mesh(OURS)],
      ['model[0]', 'mesh[0]'],
    ],
  ])('%s', (_what, objects, wanted, istio, more = {}) => {
    // Only clients of a gateway use the named VirtualService, so that it is not affected itself.
    const edge = virtualService([OURS], { gateways: ['edge'] });
    expect(planned([edge, ...objects], istio, more)).toStrictEqual(wanted);
  });

  it('of which those that are named are shifted, wherever they are', () => {
    const objects = [
      virtualService([{ name: 'a', ...OURS }, OURS]),
      mesh({ name: 'a', ...OURS }, { name: 'b', ...OURS }),
    ];
    const seen = new ObjectsInMemory([service(), ...objects]).read(NAMESPACE);
    const found = istioPreflight(requestOf(seen, { routes: ['a'] }));
    expect('plan' in found && found.plan.data.routes.map(({ name, pinned }) => [name, pinned])).toStrictEqual(
      [
        ['a', undefined],
        [undefined, undefined],
        ['a', undefined],
        ['b', undefined],
      ],
    );
  });
});
