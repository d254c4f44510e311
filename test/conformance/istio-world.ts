import type { KubeObject } from '../../src/api/meta.ts';
import { Policy } from '../../src/api/rollout/rollout.ts';
import type { RouteContext, RouteObjects, RouteOwner, RouteRequest } from '../../src/traffic/context.ts';
import type { IstioPlan, IstioRoutePlan } from '../../src/traffic/istio/plan.ts';
import type { IstioTraffic } from '../../src/traffic/istio/spec.ts';
import type { Json } from '../../src/traffic/json.ts';

/** The namespace of the workload in the tests. */
export const NAMESPACE = 'shop';
/** Labels of the workload's pods in the tests. */
export const POD_LABELS = { app: 'model', version: 'v1' } as const;

/** A Service that selects those labels. */
export function service(name = 'model', selector: Json = { app: 'model' }): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: NAMESPACE }, spec: { selector } };
}

/** A VirtualService with these HTTP routes. */
export function virtualService(http: readonly Json[], more: Json = {}): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'model', namespace: NAMESPACE, resourceVersion: '7' },
    spec: { hosts: ['model'], http, ...more },
  };
}

/** The object under another name. */
export function named(name: string, object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, name } };
}

/** A DestinationRule. */
export function destinationRule(name: string, spec: Json, namespace = NAMESPACE): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name, namespace, resourceVersion: '8' },
    spec,
  };
}

/** A weighted destination. */
export function to(host: string, weight?: number, more: Json = {}): Json {
  return { destination: { host, ...more }, ...(weight === undefined ? {} : { weight }) };
}

/** A Release of a Rollout. */
export function owner(rollout = 'one', name = `${rollout}-x7k2`): RouteOwner {
  const traffic = { istio: { virtualService: 'model' } };
  return {
    metadata: { name, namespace: NAMESPACE, uid: `uid-${name}` },
    spec: {
      rollout,
      workload: { kind: 'Deployment', name: 'model' },
      revision: 'x7k2',
      stable: {
        podTemplateHash: '5d9c',
        replicaSet: 'model-5d9c',
        template: { metadata: { labels: POD_LABELS } },
      },
      canary: { podTemplateHash: 'x7k2', replicaSet: 'model-x7k2' },
      policy: Policy.parse({ traffic, analysis: { templates: [{ name: 'any' }] } }),
      metrics: [],
    },
  };
}

/** The router's input for that Release. */
export function requestOf(
  objects: RouteObjects,
  istio: Partial<IstioTraffic> = {},
): RouteRequest<IstioTraffic> {
  const spec = { virtualService: 'model', ...istio };
  return { objects, spec, podLabels: POD_LABELS, owner: owner() };
}

/** The same once the routes are planned. */
export function contextOf(
  objects: RouteObjects,
  plan: IstioRoutePlan,
  istio: Partial<IstioTraffic> = {},
): RouteContext<IstioTraffic, IstioPlan> {
  return { ...requestOf(objects, istio), plan, versions: { stable: '5d9c', canary: 'x7k2' } };
}
