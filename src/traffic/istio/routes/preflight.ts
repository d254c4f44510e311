import type { KubeObject } from '../../../api/meta.ts';
import type { RouteObjects, RouteOwner, RouteRequest } from '../../context.ts';
import { ofKind } from '../../context.ts';
import { asObject, asObjects } from '../../json.ts';
import type { Problem, RouterReason } from '../../reasons.ts';
import { hostConflict } from '../hosts/clients.ts';
import { isHalfHostOf } from '../hosts/host.ts';
import { hasTraffic, isSplit, isToWorkload, type View, viewOf, virtualServiceOf } from '../hosts/view.ts';
import { type HttpRoute, httpRules, MOST_ROUTES, routeLabel, templateLabels } from '../objects.ts';
import type { IstioRoutePlan, RouteOriginal } from '../plan.ts';
import type { IstioTraffic } from '../spec.ts';
import { askConflict } from './ask.ts';
import { hostProblem } from './chosen-host.ts';
import { withFurther } from './further.ts';
import { knownBases, locate, originalOf } from './locate.ts';
import { findService } from './service.ts';
import { isShifted, policyConflict } from './shift.ts';
import { hostOf, subsetOf } from './split.ts';
import { unsplitTraffic } from './unsplit.ts';

type Found<T> = { readonly found: T } | { readonly problem: Problem };

function problem(reason: RouterReason, message: string): { readonly problem: Problem } {
  return { problem: { reason, message } };
}

function findVirtualService(objects: RouteObjects, name: string): Found<KubeObject> {
  const found = virtualServiceOf(objects, name);
  if (found !== null) return { found };
  const names = ofKind(objects.kinds, 'VirtualService')
    .map(({ metadata }) => metadata.name)
    .join(', ');
  return problem(
    'VirtualServiceNotFound',
    `traffic.istio.virtualService: there is no VirtualService ${name} in the namespace (there are: ${names === '' ? 'none; the CRDs of Istio must be installed' : names}); create it or correct the name; one of another namespace cannot be used, but it can delegate to one here`,
  );
}

/** An http rule that answers by itself, as a hint. */
function answering(virtualService: KubeObject): string | null {
  for (const [index, rule] of httpRules(virtualService).entries()) {
    const kind = ['redirect', 'directResponse'].find((one) => rule[one] !== undefined);
    if (kind !== undefined)
      return `http[${index}] answers by ${kind} and has no destination: add an http route with the Service in route[].destination.host, or name another VirtualService`;
  }
  return null;
}

/** The likely intention, if no route goes to the Service. */
function hintFor({ routes, service }: View, virtualService: KubeObject): string {
  const destinations = routes.flatMap((route) => route.destinations);
  const half = destinations.map(hostOf).find((host) => isHalfHostOf(host, service));
  if (half !== undefined) {
    return `Istio completes only host names without dots, so "${half}" is no Service to it: write "${service.name}" or "${service.name}.${service.namespace}.svc.cluster.local"`;
  }
  const subset = destinations.find(
    (one) => hostOf(one).startsWith(service.name) && subsetOf(one) !== undefined,
  );
  if (subset !== undefined) {
    return `the subset ${subsetOf(subset)} of its destination is in no DestinationRule of the namespace, or does not select the pods of both the old and the new template: take spec.http[].route[].destination.subset away, or correct the subset's labels`;
  }
  const delegate = routes.find((route) => route.delegate !== undefined)?.delegate;
  if (delegate !== undefined)
    return `it delegates to VirtualService ${delegate}: name that one, if the route is there`;
  const spec = asObject(virtualService['spec']);
  if (routes.length === 0 && asObjects(spec['tcp']).length + asObjects(spec['tls']).length > 0)
    return 'it has only tcp or tls routes, whose requests nobody sees: add an http route';
  const answers = answering(virtualService);
  if (destinations.length === 0 && answers !== null) return answers;
  const hosts = [...new Set(destinations.map(hostOf))].join(', ');
  return `its http routes go to: ${hosts === '' ? 'nowhere' : hosts}`;
}

function noRoute(view: View, virtualService: KubeObject): { readonly problem: Problem } {
  return problem(
    'NoRouteToService',
    `traffic.istio.virtualService: VirtualService ${virtualService.metadata.name} has no http route to Service ${view.service.name}; ${hintFor(view, virtualService)}`,
  );
}

const listed = (routes: readonly HttpRoute[]): string => routes.map(routeLabel).join(', ');

function namedRoute(view: View, candidates: readonly HttpRoute[], name: string): Problem | null {
  const named = view.routes.filter((route) => route.name === name);
  if (named.length > 1) {
    return {
      reason: 'SeveralRoutes',
      message: `traffic.istio.routes: the http routes ${listed(named)} have the same name; give each a name of its own`,
    };
  }
  if (named.length === 0) {
    const routes = candidates.length === 0 ? 'none' : listed(candidates);
    return {
      reason: 'RouteNotFound',
      message: `traffic.istio.routes: there is no http route "${name}" (to Service ${view.service.name} go: ${routes}); correct the name`,
    };
  }
  if (named.some((route) => candidates.includes(route))) return null;
  return {
    reason: 'NoRouteToService',
    message: `traffic.istio.routes: the http route "${name}" does not go to Service ${view.service.name}; name one of (${listed(candidates)})`,
  };
}

function selectRoutes(view: View, istio: IstioTraffic, candidates: readonly HttpRoute[]): Problem | null {
  if (candidates.length > MOST_ROUTES) {
    return {
      reason: 'TooManyRoutes',
      message: `${candidates.length} http routes go to Service ${view.service.name}, of which ${MOST_ROUTES} can be managed: merge routes by several matches`,
    };
  }
  for (const name of istio.routes ?? []) {
    const wrong = namedRoute(view, candidates, name);
    if (wrong !== null) return wrong;
  }
  const shifted = candidates.filter((route) => isShifted(istio, { name: route.name }));
  if ((istio.routes ?? []).length === 0 && shifted.length > 1) {
    return {
      reason: 'SeveralRoutes',
      message: `traffic.istio.routes: several http routes go to Service ${view.service.name}: ${listed(shifted)}; name those to shift (one without a name needs one); the others stay with stable during a release`,
    };
  }
  return null;
}

/** The user's destinations of a route; after an interrupted release, those recorded in its DestinationRule. */
function originalsOf(view: View, candidates: readonly HttpRoute[]): Found<readonly RouteOriginal[]> {
  const bases = knownBases(view);
  const originals: RouteOriginal[] = [];
  for (const route of candidates) {
    const base = isSplit(view, route) ? bases.get(route) : route.destinations;
    if (base === undefined) {
      return problem(
        'RouteNotRestored',
        `http route ${routeLabel(route)} still has the subsets of an earlier release, and what it was is not known: write its destinations as you want them`,
      );
    }
    originals.push(originalOf(view, route, base));
  }
  return { found: originals };
}

function planFor(
  view: View,
  virtualService: KubeObject,
  { spec: istio, asks = { match: [], mirror: false } }: Pick<RouteRequest<IstioTraffic>, 'spec' | 'asks'>,
): { readonly plan: IstioRoutePlan } | { readonly problem: Problem } {
  const candidates = view.routes.filter((route) => isToWorkload(view, route));
  if (candidates.length === 0) return noRoute(view, virtualService);
  const wrong =
    selectRoutes(view, istio, candidates) ??
    (view.held.by === 'other' ? view.held.problem : null) ??
    hostConflict(view, virtualService);
  if (wrong !== null) return { problem: wrong };
  const originals = originalsOf(view, candidates);
  if ('problem' in originals) return originals;
  const idle = originals.found.find((one) => isShifted(istio, one) && !hasTraffic(view, one.destinations));
  if (idle !== undefined) {
    return problem(
      'NoRouteToService',
      `http route ${routeLabel(idle)} gives Service ${view.service.name} the weight 0, so that a canary would never have a request: give it a weight in spec.http[${idle.index}].route`,
    );
  }
  const shifted = candidates.filter((route) => isShifted(istio, { name: route.name }));
  const asked = askConflict(shifted, asks);
  if (asked !== null) return { problem: asked };
  const policies = policyConflict(
    view,
    view,
    originals.found.map((one) => one.destinations),
  );
  if (policies !== null) return { problem: policies };
  return { plan: { service: view.service.name, data: { routes: [...originals.found] } } };
}

/** Why the routes of a plan cannot choose by the hosts that the policy names, or null. */
function unfitHost(
  { objects, podLabels, owner, spec, asks }: RouteRequest<IstioTraffic>,
  { service, data }: IstioRoutePlan,
): Problem | null {
  if (asks === undefined) return null;
  const { moreServices } = data;
  const names = { virtualService: spec.virtualService, service, moreServices };
  const view = viewOf(objects, names, podLabels, owner);
  const shifted = locate(view, data).flatMap(({ original, route }) =>
    route !== null && isShifted(spec, original) ? [route] : [],
  );
  return hostProblem(view, shifted, asks);
}

/** Labels that the pods of both versions have. */
function commonLabels(
  podLabels: Readonly<Record<string, string>>,
  owner: RouteOwner,
): Readonly<Record<string, string>> {
  const stable = templateLabels(owner.spec.stable.template);
  return Object.fromEntries(Object.entries(podLabels).filter(([key, value]) => stable[key] === value));
}

/** Finds Service and routes of a workload, or says why they prevent a release. */
export function istioPreflight(
  request: RouteRequest<IstioTraffic>,
): { readonly plan: IstioRoutePlan } | { readonly problem: Problem } {
  const { objects, podLabels, owner, spec: istio } = request;
  const virtualService = findVirtualService(objects, istio.virtualService);
  if ('problem' in virtualService) return virtualService;
  const service = findService(objects, istio, virtualService.found, podLabels);
  if ('problem' in service) return service;
  const labels = commonLabels(podLabels, owner);
  const names = { virtualService: istio.virtualService, service: service.service };
  const found = planFor(viewOf(objects, names, labels, owner), virtualService.found, request);
  if ('problem' in found) return found;
  const labelled = { ...request, podLabels: labels };
  const plan = withFurther(labelled, found.plan);
  const unfit = unfitHost(labelled, plan);
  if (unfit !== null) return { problem: unfit };
  const refused = istio.unsplit === 'refuse' ? unsplitTraffic({ ...request, plan }) : null;
  return refused === null ? { plan } : { problem: refused };
}
