import type { KubeObject } from '../../api/meta.ts';
import type { RouterDeclaration } from '../declaration.ts';
import { asString } from '../json.ts';
import { serviceKey } from '../service-key.ts';
import { GATEWAY_ANNOTATIONS } from './annotations.ts';
import { parentRefs } from './parents.ts';
import { GatewayPlan } from './plan.ts';
import { rulesOf } from './rules/rule.ts';
import { POOL_GROUP } from './services/backend.ts';
import { GatewayTraffic } from './spec.ts';

/** Services of other namespaces to which a route goes, or whose callers it is for. */
function foreignServices(route: KubeObject): readonly string[] {
  const refs = [...parentRefs(route), ...rulesOf(route).flatMap((rule) => rule.refs)];
  const keys = refs.flatMap((ref) => {
    const [name, namespace] = [asString(ref['name']), asString(ref['namespace'])];
    const isFar = namespace !== undefined && namespace !== route.metadata.namespace;
    return name !== undefined && isFar ? [serviceKey({ name, namespace })] : [];
  });
  return [...new Set(keys)];
}

const ROUTES = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  writes: 'fields',
  optional: true,
  foreignServices,
  routesField: 'rules',
} as const;

function subjectOf({ httpRoutes = [], grpcRoutes = [] }: GatewayTraffic): string {
  const named = [
    ...httpRoutes.map((one) => `HTTPRoute ${one}`),
    ...grpcRoutes.map((one) => `GRPCRoute ${one}`),
  ];
  return named.length === 0 ? 'all routes to it' : named.join(', ');
}

const GRANTED =
  'traffic.gatewayAPI makes Services or InferencePools for the two versions: install manifests/components/gateway-api, or set gatewayAPI: true in the chart';

/** The declaration of the Gateway API router. */
export const GATEWAY_API: RouterDeclaration<GatewayTraffic, GatewayPlan> = {
  name: 'gatewayAPI',
  title: 'Gateway API',
  description: 'Weights of HTTPRoutes and GRPCRoutes of the Kubernetes Gateway API.',
  spec: GatewayTraffic,
  plan: GatewayPlan,
  watches: [
    { ...ROUTES, kind: 'HTTPRoute', plural: 'httproutes' },
    { ...ROUTES, kind: 'GRPCRoute', plural: 'grpcroutes' },
    {
      group: 'gateway.networking.k8s.io',
      version: 'v1',
      kind: 'GatewayClass',
      plural: 'gatewayclasses',
      scope: 'Cluster',
      optional: true,
    },
    {
      group: POOL_GROUP,
      version: 'v1',
      kind: 'InferencePool',
      plural: 'inferencepools',
      writes: 'objects',
      optional: true,
      grantedBy: GRANTED,
    },
    {
      group: '',
      version: 'v1',
      kind: 'Service',
      plural: 'services',
      writes: 'objects',
      grantedBy: GRANTED,
    },
  ],
  supports: { weights: true, matches: true, mirror: true, sticky: true },
  install: 'install the Gateway API 1.1 or newer: https://gateway-api.sigs.k8s.io/guides/getting-started/',
  create: 'create an HTTPRoute or GRPCRoute whose rule goes to the Service of the Deployment',
  annotations: GATEWAY_ANNOTATIONS,
  annotated: () => ({}),
  deploymentsBehind: ({ pickers }) => (pickers === undefined ? [] : [pickers.stable, pickers.canary]),
  propagation: ({ istiodDebounceMax }) => ({ gatherMs: istiodDebounceMax }),
  subject: subjectOf,
};
