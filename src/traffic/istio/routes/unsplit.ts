import { selects } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteContext, RouteObjects } from '../../context.ts';
import { ofKind } from '../../context.ts';
import { asObject, asObjects, asString, type Json } from '../../json.ts';
import type { RouteWarning } from '../../router.ts';
import type { ServiceKey } from '../../service-key.ts';
import { gatewaysOf, hostConflict, mayHide } from '../hosts/clients.ts';
import { isHostOf } from '../hosts/host.ts';
import { type HostView } from '../hosts/host-view.ts';
import { userSubset } from '../hosts/rule.ts';
import { hostView, type View, viewOf } from '../hosts/view.ts';
import { type HttpRoute, routeLabel, selectorOf } from '../objects.ts';
import type { IstioPlan, IstioRoutePlan } from '../plan.ts';
import type { IstioTraffic } from '../spec.ts';
import { locate } from './locate.ts';
import { splitConflict } from './shift.ts';
import { CANARY, hostOf, subsetOf } from './split.ts';

type Labels = Readonly<Record<string, string>>;
type PlannedRoutes = Omit<RouteContext<IstioTraffic, IstioPlan>, 'versions'>;

/** Maximum number of names in one message. */
const MOST_NAMED = 5;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

const titleOf = ({ metadata }: KubeObject, namespace: string): string =>
  metadata.namespace === namespace ? metadata.name : `${metadata.namespace}/${metadata.name}`;

/** Services that select the canary's pods. */
function reaching(objects: RouteObjects, podLabels: Labels): readonly ServiceKey[] {
  return ofKind(objects.kinds, 'Service')
    .filter((one) => selects(selectorOf(one), podLabels))
    .map(({ metadata }) => ({ name: metadata.name, namespace: objects.namespace }));
}

/** The Service that a host in an object of a namespace refers to. */
function serviceOf(
  services: readonly ServiceKey[],
  host: string,
  from: string | undefined,
): ServiceKey | undefined {
  return services.find((one) => isHostOf(host, from ?? '', one));
}

/** Why a route to a Service is not split. */
function causeOf(objects: RouteObjects, view: View, route: HttpRoute, host: HostView): string {
  const { service } = host;
  const other = objects.sharedWith?.[service.name];
  if (other !== undefined) return `it has the pods of Deployment ${other} behind it, too`;
  if (!view.hosts.some((one) => one.service.name === service.name)) {
    const conflict = host.held.by === 'other' ? host.held.problem : hostConflict(host, route.virtualService);
    return conflict?.message ?? 'it was not there when the release began';
  }
  return (
    splitConflict(view, route, [])?.message ??
    'its subset has another trafficPolicy than those that are split'
  );
}

/** HTTP routes of the namespace that send unsplit requests to one of the Services. */
function unsplitRoutes(
  objects: RouteObjects,
  view: View,
  plan: IstioRoutePlan,
  { hosts, podLabels }: { readonly hosts: readonly HostView[]; readonly podLabels: Labels },
): readonly string[] {
  const split = new Set(locate(view, plan.data).map(({ route }) => route));
  const hostReached = (route: HttpRoute, one: Json): HostView | undefined => {
    if (view.isOurs(one) || (split.has(route) && view.isMine(one))) return undefined;
    const host = hosts.find(({ service }) => isHostOf(hostOf(one), objects.namespace, service));
    const subset = subsetOf(one);
    if (host === undefined || subset === undefined) return host;
    return selects(userSubset(host.rules, host.service, subset)?.labels ?? {}, podLabels) ? host : undefined;
  };
  return view.allRoutes.flatMap((route) => {
    const host = route.destinations.map((one) => hostReached(route, one)).find((one) => one !== undefined);
    if (host === undefined) return [];
    const where = `http route ${routeLabel(route)} of VirtualService ${route.virtualService.metadata.name}`;
    return [`${where} to Service ${host.service.name} (${causeOf(objects, view, route, host)})`];
  });
}

const destinationHost = (value: unknown): string => asString(asObject(value)['host']) ?? '';

/** Hosts that a VirtualService sends to other than by destinations of HTTP routes. */
function otherHosts(virtualService: KubeObject): readonly { readonly how: string; readonly host: string }[] {
  const spec = asObject(virtualService['spec']);
  const plain = (kind: string): { how: string; host: string }[] =>
    asObjects(spec[kind])
      .flatMap((route) => asObjects(route['route']))
      .map((one) => ({ how: `a ${kind} route`, host: hostOf(one) }));
  const mirrors = asObjects(spec['http']).flatMap((route) => [
    route['mirror'],
    ...asObjects(route['mirrors'])
      .filter((one) => subsetOf(one) !== CANARY)
      .map((one) => one['destination']),
  ]);
  return [
    ...plain('tcp'),
    ...plain('tls'),
    ...mirrors.map((one) => ({ how: 'a mirror', host: destinationHost(one) })),
  ];
}

function otherWays(objects: RouteObjects, services: readonly ServiceKey[]): readonly string[] {
  const all = [...ofKind(objects.kinds, 'VirtualService'), ...ofKind(objects.elsewhere, 'VirtualService')];
  return all.flatMap((one) =>
    otherHosts(one).flatMap(({ how, host }) => {
      const service = serviceOf(services, host, one.metadata.namespace);
      if (service === undefined) return [];
      return [`${how} of VirtualService ${titleOf(one, objects.namespace)} to Service ${service.name}`];
    }),
  );
}

/** VirtualServices of other namespaces, which are not ours to write. */
function foreignRoutes(objects: RouteObjects, services: readonly ServiceKey[]): readonly string[] {
  return ofKind(objects.elsewhere, 'VirtualService').flatMap((one) => {
    const hosts = asObjects(asObject(one['spec'])['http']).flatMap((route) =>
      asObjects(route['route']).map(hostOf),
    );
    const service = hosts
      .map((host) => serviceOf(services, host, one.metadata.namespace))
      .find((found) => found !== undefined);
    if (service === undefined) return [];
    const title = titleOf(one, objects.namespace);
    return [
      `VirtualService ${title} to Service ${service.name} (only those of namespace ${objects.namespace} are split)`,
    ];
  });
}

/** Whether clients in the mesh that call the Service by its name use a VirtualService. */
function isRoutedByName(objects: RouteObjects, service: ServiceKey): boolean {
  const all = [...ofKind(objects.kinds, 'VirtualService'), ...ofKind(objects.elsewhere, 'VirtualService')];
  return all.some((one) => {
    const spec = asObject(one['spec']);
    const hosts = Array.isArray(spec['hosts']) ? spec['hosts'].map(String) : [];
    const named = hosts.some((host) => isHostOf(host, one.metadata.namespace ?? '', service));
    return named && gatewaysOf(one).includes('mesh');
  });
}

function callsByName(objects: RouteObjects, services: readonly ServiceKey[]): readonly string[] {
  return services
    .filter((service) => !isRoutedByName(objects, service))
    .map(
      ({ name }) =>
        `calls of Service ${name} by its name (a VirtualService that routes to it needs "mesh" in spec.gateways and "${name}" in spec.hosts)`,
    );
}

/** Unsplit paths to the pods of the workload, by name; null if none is known. */
export function unsplitTraffic(routes: PlannedRoutes): RouteWarning | null {
  const { objects, plan, podLabels, owner } = routes;
  const { virtualService } = routes.spec;
  const { service, data } = plan;
  const { moreServices } = data;
  const services = reaching(objects, podLabels);
  const view = viewOf(objects, { virtualService, service, moreServices }, podLabels, owner);
  const hosts = services.map(({ name }) => hostView(objects, name, owner));
  const ways = [
    ...unsplitRoutes(objects, view, plan, { hosts, podLabels }),
    ...foreignRoutes(objects, services),
    ...otherWays(objects, services),
    ...callsByName(objects, services),
  ];
  if (ways.length === 0) return null;
  return {
    reason: 'UnsplitTraffic',
    message: `requests that come these ways reach the canary from its first ready pod on, at any weight, and after a roll-back until its pods are gone: ${listed(ways)}. Have them split, or say that they are meant: traffic.istio.unsplit: allow`,
  };
}

/** Rules that would make requests of clients in other namespaces fail during a release; null without any. */
export function hiddenSubsets(routes: PlannedRoutes): RouteWarning | null {
  const { objects, plan, podLabels, owner } = routes;
  const { virtualService } = routes.spec;
  const { service, data } = plan;
  const { moreServices } = data;
  const view = viewOf(objects, { virtualService, service, moreServices }, podLabels, owner);
  const homes = new Set([virtualService, ...plan.data.routes.flatMap((one) => one.virtualService ?? [])]);
  const split = ofKind(objects.kinds, 'VirtualService').filter(({ metadata }) => homes.has(metadata.name));
  const rules = view.hosts.flatMap((host) => mayHide(host, split));
  if (rules.length === 0) return null;
  const names = [...new Set(rules.map((one) => `${one.namespace}/${one.name} (spec.host ${one.host})`))];
  return {
    reason: 'SubsetsHidden',
    message: `these DestinationRules come before ours for clients in their own namespaces: ${listed(names)}. Requests from there to Service ${service} fail (503) during a release, should there be any: narrow spec.host, or move the rule to namespace ${objects.namespace} or to the root namespace`,
  };
}
