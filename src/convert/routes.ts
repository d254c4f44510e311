import type { Settings } from './output.ts';
import type { Traffic } from './policy.ts';

/** The route of a policy that the user names. */
export function trafficBy({ route }: Pick<Settings, 'route'>, service: string | undefined): Traffic | null {
  if (route === undefined) return null;
  const own = service === undefined ? {} : { service };
  if (route.kind === 'VirtualService')
    return { spec: { istio: { virtualService: route.name, ...own } }, hasRoutes: true, isIstio: true };
  const field = route.kind === 'HTTPRoute' ? 'httpRoutes' : 'grpcRoutes';
  return { spec: { gatewayAPI: { [field]: [route.name], ...own } }, hasRoutes: true, isIstio: false };
}

/** The share of the pods. */
export function trafficByPods(service: string | undefined): Traffic {
  return {
    spec: { service: service === undefined ? {} : { name: service } },
    hasRoutes: false,
    isIstio: false,
  };
}
