import type { KubeObject } from '../../src/api/meta.ts';
import type { RouteContext, RouteObjects, RouteRequest } from '../../src/traffic/context.ts';
import type { GatewayPlan, GatewayRoutePlan } from '../../src/traffic/gateway-api/plan.ts';
import type { GatewayTraffic } from '../../src/traffic/gateway-api/spec.ts';
import type { Json } from '../../src/traffic/json.ts';
import { NAMESPACE, owner, POD_LABELS } from './istio-world.ts';

/** A Gateway of another namespace, as a route names it. */
export const GATEWAY = { name: 'edge', namespace: 'infra' } as const;

/** A Service with ports, as an API server has it. */
export function service(name = 'model', more: Json = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE, resourceVersion: '5' },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.0.0.7',
      selector: { app: 'model' },
      ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP', appProtocol: 'http' }],
      ...more,
    },
  };
}

/** A backend, as the API server completes it. */
export function to(name: string, weight?: number, more: Json = {}): Json {
  return { group: '', kind: 'Service', name, port: 80, ...(weight === undefined ? {} : { weight }), ...more };
}

/** What a controller says of a parent, as an entry of `status.parents`. */
export function answer(parentRef: Json, conditions: Readonly<Record<string, string>>, more: Json = {}): Json {
  const full = { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parentRef };
  return {
    parentRef: full,
    controllerName: 'example.dev/gateways',
    conditions: Object.entries(conditions).map(([type, status]) => ({
      type,
      status,
      reason: status === 'True' ? type : 'Wrong',
      message: '',
      ...more,
    })),
  };
}

const ACCEPTED = { Accepted: 'True', ResolvedRefs: 'True' };

/** A route whose only parent accepts it. */
export function route(
  rules: readonly Json[],
  more: Json = {},
  name = 'model',
  kind = 'HTTPRoute',
): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name, namespace: NAMESPACE, resourceVersion: '7' },
    spec: { parentRefs: [GATEWAY], hostnames: ['model.example'], rules, ...more },
    status: { parents: [answer(GATEWAY, ACCEPTED)] },
  };
}

/** The same objects by kind, as a router reads them. */
export function objectsOf(...objects: readonly KubeObject[]): RouteObjects {
  const kinds: Record<string, KubeObject[]> = {};
  for (const one of objects) (kinds[one.kind] ??= []).push(one);
  return { namespace: NAMESPACE, kinds };
}

/** The router's input for a Release. */
export function requestOf(objects: RouteObjects, spec: GatewayTraffic = {}): RouteRequest<GatewayTraffic> {
  return { objects, spec, podLabels: POD_LABELS, owner: owner() };
}

/** The same once the routes are planned. */
export function contextOf(
  objects: RouteObjects,
  plan: GatewayRoutePlan,
  spec: GatewayTraffic = {},
): RouteContext<GatewayTraffic, GatewayPlan> {
  return { ...requestOf(objects, spec), plan, versions: { stable: '5d9c', canary: 'x7k2' } };
}
