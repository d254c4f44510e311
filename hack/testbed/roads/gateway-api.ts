import type { KubeObject } from '../../../src/api/meta.ts';
import { CONTOUR_GATEWAY, CONTOUR_URL } from '../../cluster/parts/contour.ts';
import { ISTIO_GATEWAY } from '../../cluster/parts/mesh.ts';
import { GRPC_METHOD } from '../../model-server/grpc.ts';
import { MODEL } from '../model.ts';
import { backendShare } from './backend-share.ts';
import { type Road, TEST_LABEL } from './road.ts';

const MATCHES = {
  HTTPRoute: { path: { type: 'PathPrefix', value: '/predict' } },
  GRPCRoute: { method: { service: 'sluice.Model', method: 'Predict' } },
} as const;

/** A route for the model, as a user has it. */
function routeOf(kind: keyof typeof MATCHES, parent: object, hostnames: readonly string[]): KubeObject {
  const rule = { matches: [MATCHES[kind]], backendRefs: [{ name: MODEL, port: 80 }] };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name: MODEL },
    spec: {
      parentRefs: [parent],
      ...(hostnames.length === 0 ? {} : { hostnames }),
      rules: [rule],
    },
  };
}

/** The same with a second route for the host of testers. */
function routesOf(kind: keyof typeof MATCHES, parent: object, host: string): KubeObject[] {
  const tested = routeOf(kind, parent, [`${TEST_LABEL}.${host}`]);
  return [
    routeOf(kind, parent, [host]),
    { ...tested, metadata: { ...tested.metadata, name: `${MODEL}-${TEST_LABEL}` } },
  ];
}

/** What Contour can, which publishes no features. It copies all requests, whatever the percentage. */
const COOKIES = ['HTTPRouteResponseHeaderModification', 'HTTPRouteBackendRequestHeaderModification'];
/** What istiod can, which publishes none either. */
const FEATURES = ['HTTPRouteRequestMirror', 'HTTPRouteRequestPercentageMirror', ...COOKIES];

const HTTP_ROUTE = {
  traffic: { gatewayAPI: { features: FEATURES } },
  route: { kind: 'HTTPRoute', name: MODEL },
  kinds: ['HTTPRoute', 'Service'],
  share: (moment, version, headers) => backendShare(moment, 'HTTPRoute', version, headers),
} as const satisfies Partial<Road>;

const GRPC_PORT = 8081;

const GRPC_ROUTE = {
  traffic: { gatewayAPI: { features: FEATURES } },
  route: { kind: 'GRPCRoute', name: MODEL },
  kinds: ['GRPCRoute', 'Service'],
  env: { GRPC_PORT: String(GRPC_PORT) },
  port: { name: 'grpc', port: 80, targetPort: GRPC_PORT, appProtocol: 'kubernetes.io/h2c' },
  share: (moment, version, headers) => backendShare(moment, 'GRPCRoute', version, headers),
} as const satisfies Partial<Road>;

/** An HTTPRoute at a Gateway that istiod and Envoy serve. */
export const istioGatewayRoad: Road = {
  ...HTTP_ROUTE,
  name: 'gateway-api-istio',
  about: 'HTTPRoute at a Gateway, on istiod and Envoy',
  controlPlane: 'istiod',
  objects: (host) => [routeOf('HTTPRoute', ISTIO_GATEWAY, [host])],
  hostObjects: (host) => routesOf('HTTPRoute', ISTIO_GATEWAY, host),
  target: ({ gatewayApiUrl }, { host }) => ({ url: `${gatewayApiUrl}/predict`, host }),
};

/** It tells its Envoy of routes and of backends on separate streams, in any order. */
const CONTOUR = {
  part: 'contour',
  controlPlane: 'contour',
  learnsApart: true,
  lacks: ['mirror'],
  traffic: { gatewayAPI: { features: COOKIES } },
} as const satisfies Partial<Road>;

/** The same HTTPRoute at a Gateway that Contour serves. */
export const contourRoad: Road = {
  ...HTTP_ROUTE,
  name: 'gateway-api-contour',
  about: 'HTTPRoute at a Gateway, on Contour and Envoy',
  ...CONTOUR,
  objects: (host) => [routeOf('HTTPRoute', CONTOUR_GATEWAY, [host])],
  hostObjects: (host) => routesOf('HTTPRoute', CONTOUR_GATEWAY, host),
  target: (_access, { host }) => ({ url: `${CONTOUR_URL}/predict`, host }),
};

/** An HTTPRoute of the Service itself, for callers in the mesh. */
export const meshRoad: Road = {
  ...HTTP_ROUTE,
  name: 'gateway-api-mesh',
  about: 'HTTPRoute of a Service (GAMMA), on istiod and the Envoy of a caller',
  controlPlane: 'istiod',
  objects: () => [routeOf('HTTPRoute', { group: '', kind: 'Service', name: MODEL }, [])],
  target: ({ meshProxyUrl }, { namespace }) => ({
    url: `http://${MODEL}.${namespace}.svc.cluster.local/predict`,
    proxy: meshProxyUrl,
  }),
};

/** A GRPCRoute at a Gateway that istiod and Envoy serve. */
export const istioGrpcRoad: Road = {
  ...GRPC_ROUTE,
  name: 'grpc-istio',
  about: 'GRPCRoute at a Gateway, on istiod and Envoy',
  controlPlane: 'istiod',
  objects: (host) => [routeOf('GRPCRoute', ISTIO_GATEWAY, [host])],
  hostObjects: (host) => routesOf('GRPCRoute', ISTIO_GATEWAY, host),
  target: ({ gatewayApiUrl }, { host }) => ({
    url: `${gatewayApiUrl}${GRPC_METHOD}`,
    host,
    protocol: 'grpc',
  }),
};

/** The same GRPCRoute at a Gateway that Contour serves. */
export const contourGrpcRoad: Road = {
  ...GRPC_ROUTE,
  name: 'grpc-contour',
  about: 'GRPCRoute at a Gateway, on Contour and Envoy',
  ...CONTOUR,
  objects: (host) => [routeOf('GRPCRoute', CONTOUR_GATEWAY, [host])],
  hostObjects: (host) => routesOf('GRPCRoute', CONTOUR_GATEWAY, host),
  target: (_access, { host }) => ({ url: `${CONTOUR_URL}${GRPC_METHOD}`, host, protocol: 'grpc' }),
};
