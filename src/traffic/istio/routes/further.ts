import { selects } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { ofKind, type RouteRequest } from '../../context.ts';
import { hostConflict } from '../hosts/clients.ts';
import { isHostOf } from '../hosts/host.ts';
import { hostView, isSplit, isToWorkload, type View, viewOf } from '../hosts/view.ts';
import { type HttpRoute, httpRoutes, MOST_ROUTES, selectorOf } from '../objects.ts';
import type { IstioRoutePlan, RouteOriginal } from '../plan.ts';
import type { IstioTraffic } from '../spec.ts';
import { knownBases, originalOf } from './locate.ts';
import { hostsIn, splitConflict } from './shift.ts';
import { hostOf } from './split.ts';

/** Maximum number of further Services of one workload that are split, as in the API. */
const MOST_SERVICES = 16;

/** Whether a route of the VirtualService goes to the Service. */
function goesTo(virtualService: KubeObject, name: string, namespace: string): boolean {
  return httpRoutes(virtualService)
    .flatMap((route) => route.destinations)
    .some((one) => isHostOf(hostOf(one), namespace, { name, namespace }));
}

/**
 * Further Services that select only pods of the workload and that VirtualServices route to, such as one for gRPC beside
 * one for HTTP. They get their own subsets.
 */
function furtherServices(
  { objects, podLabels, owner }: RouteRequest<IstioTraffic>,
  service: string,
): readonly string[] {
  const { namespace, kinds } = objects;
  const virtualServices = ofKind(kinds, 'VirtualService');
  return ofKind(kinds, 'Service')
    .filter((one) => one.metadata.name !== service && selects(selectorOf(one), podLabels))
    .map(({ metadata }) => metadata.name)
    .filter((name) => {
      const routing = virtualServices.filter((one) => goesTo(one, name, namespace));
      if (routing.length === 0 || objects.sharedWith?.[name] !== undefined) return false;
      const host = hostView(objects, name, owner);
      return host.held.by !== 'other' && routing.every((one) => hostConflict(host, one) === null);
    })
    .slice(0, MOST_SERVICES);
}

const isPlanned = ({ data }: IstioRoutePlan, route: HttpRoute, home: string): boolean =>
  route.virtualService.metadata.name === home && data.routes.some(({ index }) => index === route.index);

/** Routes beyond the plan that can be split likewise, each with the user's destinations. */
function furtherRoutes(
  view: View,
  plan: IstioRoutePlan,
  home: string,
): readonly { readonly route: HttpRoute; readonly original: RouteOriginal }[] {
  const remembered = knownBases(view);
  const bases = plan.data.routes.map(({ destinations }) => destinations);
  const found: { route: HttpRoute; original: RouteOriginal }[] = [];
  for (const route of view.allRoutes) {
    if (!isToWorkload(view, route) || isPlanned(plan, route, home)) continue;
    const base = isSplit(view, route) ? remembered.get(route) : route.destinations;
    if (base === undefined || splitConflict(view, { ...route, destinations: base }, bases) !== null) continue;
    bases.push([...base]);
    found.push({ route, original: originalOf(view, route, base) });
  }
  return found.slice(0, MOST_ROUTES - plan.data.routes.length);
}

/** The same for routes of one VirtualService to one Service. */
const pairOf = (view: View, { virtualService, destinations }: HttpRoute): string =>
  `${virtualService.metadata.name} ${hostsIn(view, destinations)[0]?.service.name}`;

/**
 * The plan with all other routes of the namespace that reach the pods of the workload. They are shifted like those of
 * the named VirtualService: if routes are named, those of that name; else the only route of a VirtualService to a
 * Service. If there are several, they stay with stable.
 */
export function withFurther(request: RouteRequest<IstioTraffic>, plan: IstioRoutePlan): IstioRoutePlan {
  const { objects, podLabels, owner } = request;
  const { virtualService, routes = [] } = request.spec;
  const { service } = plan;
  const candidates = furtherServices(request, service);
  const view = viewOf(objects, { virtualService, service, moreServices: candidates }, podLabels, owner);
  const found = furtherRoutes(view, plan, virtualService);
  const originals = [
    ...plan.data.routes,
    ...found.map(({ route, original }) => {
      const alike = found.filter((other) => pairOf(view, other.route) === pairOf(view, route));
      return routes.length === 0 && alike.length > 1 ? { ...original, pinned: true } : original;
    }),
  ];
  const used = new Set(
    originals.flatMap(({ destinations }) => hostsIn(view, destinations).map((host) => host.service.name)),
  );
  const moreServices = candidates.filter((name) => used.has(name));
  return { service, data: { routes: originals, ...(moreServices.length === 0 ? {} : { moreServices }) } };
}
