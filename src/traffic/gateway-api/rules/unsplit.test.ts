import { describe, expect, it } from 'vitest';
import {
  contextOf,
  objectsOf,
  requestOf,
  route,
  service,
  to,
} from '../../../../test/conformance/gateway-world.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteObjects } from '../../context.ts';
import type { Json } from '../../json.ts';
import { gatewayRouter } from '../gateway-api.ts';
import type { GatewayTraffic } from '../spec.ts';

const rule = (...backendRefs: readonly Json[]): Json => ({ backendRefs });
const inMesh = { parentRefs: [{ group: '', kind: 'Service', name: 'model' }] };
const answered = (object: KubeObject): KubeObject => {
  const conditions = [{ type: 'Accepted', status: 'True' }];
  return { ...object, status: { parents: [{ parentRef: inMesh.parentRefs[0], conditions }] } };
};
const planned = answered(route([rule(to('model', 1))], inMesh));
const far = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace: 'infra' },
});

function waysOf(objects: RouteObjects, spec: GatewayTraffic = {}): readonly string[] {
  const found = gatewayRouter.preflight(requestOf(objectsOf(service(), planned)));
  if ('problem' in found) throw new Error(found.problem.message);
  return gatewayRouter.warnings(contextOf(objects, found.plan, spec)).map(({ message }) => message);
}

describe('requests past the split', () => {
  it('are none where every call in the mesh follows a route', () => {
    expect(waysOf(objectsOf(service(), planned))).toEqual([]);
  });

  it.each<[string, RouteObjects, string]>([
    [
      'calls by name that no route is for',
      objectsOf(service(), route([rule(to('model', 1))])),
      'calls of Service model by its name',
    ],
    [
      'a rule to another Service over the pods',
      objectsOf(service(), service('late'), planned, answered(route([rule(to('late', 1))], {}, 'late'))),
      'rule rules[0] of HTTPRoute late to Service late (it was not there when the release began)',
    ],
    [
      'a mirror',
      objectsOf(
        service(),
        planned,
        route(
          [
            {
              ...rule(to('other', 1)),
              filters: [{ type: 'RequestMirror', requestMirror: { backendRef: to('model') } }],
            },
          ],
          {},
          'x',
        ),
      ),
      'a mirror of rule rules[0] of HTTPRoute x to Service model',
    ],
    [
      'a route of another namespace',
      {
        ...objectsOf(service(), planned),
        elsewhere: { HTTPRoute: [far(route([rule(to('model', 1, { namespace: 'shop' }))]))] },
      },
      'HTTPRoute infra/model to Service model (only those of namespace shop are split)',
    ],
  ])('are %s', (_what, objects, way) => {
    expect(waysOf(objects)).toEqual([expect.stringContaining(way)]);
    expect(waysOf(objects, { unsplit: 'allow' })).toEqual([]);
  });
});
