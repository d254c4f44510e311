import { selects } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteHolder, RouteObjects } from '../../context.ts';
import { ofKind } from '../../context.ts';
import { asObject, asString, type Json } from '../../json.ts';
import type { ServiceKey } from '../../service-key.ts';
import { type HttpRoute, httpRoutes, type ObservedRule, observeRule } from '../objects.ts';
import { CANARY, hostOf, STABLE, shareOf, subsetOf } from '../routes/split.ts';
import { rulesOfClients } from './clients.ts';
import { isHostOf, isWildcardOf } from './host.ts';
import type { HostView } from './host-view.ts';
import { heldBy, ruleName, userSubset } from './rule.ts';

/** The Istio objects about the Services of one workload and one Release. */
export interface View extends HostView {
  /** All split Services; the first is the view's own. */
  readonly hosts: readonly HostView[];
  readonly virtualService: KubeObject | null;
  /** All VirtualServices of the namespace. */
  readonly virtualServices: readonly KubeObject[];
  /** The routes of that VirtualService. */
  readonly routes: readonly HttpRoute[];
  /** The routes of all VirtualServices of the namespace. */
  readonly allRoutes: readonly HttpRoute[];
  /** The Service that a destination goes to, where it is one of those. */
  readonly hostFor: (destination: Json) => HostView | undefined;
  /** The user's destination for the pods of the workload. */
  readonly isMine: (destination: Json) => boolean;
  /** A destination on one of our subsets. */
  readonly isOurs: (destination: Json) => boolean;
}

/** A VirtualService of the namespace. */
export function virtualServiceOf(objects: RouteObjects, name: string | undefined): KubeObject | null {
  return ofKind(objects.kinds, 'VirtualService').find(({ metadata }) => metadata.name === name) ?? null;
}

/** The DestinationRules about a Service; few of the many that a namespace may have. */
function rulesFor(objects: RouteObjects, service: ServiceKey): readonly ObservedRule[] {
  return ofKind(objects.kinds, 'DestinationRule')
    .filter(({ metadata, spec }) => {
      const host = asString(asObject(spec)['host']) ?? '';
      const from = metadata.namespace ?? '';
      const ours = metadata.name === ruleName(service.name);
      return ours || isHostOf(host, from, service) || isWildcardOf(host, service);
    })
    .map(observeRule);
}

/** Reads the DestinationRules for one Service. */
export function hostView(
  objects: RouteObjects,
  name: string,
  owner: RouteHolder,
  own: readonly string[] = [],
): HostView {
  const service = { name, namespace: objects.namespace };
  const rules = rulesFor(objects, service);
  const foreign = ofKind(objects.elsewhere, 'DestinationRule').map(observeRule);
  return {
    service,
    rules,
    held: heldBy(rules, service, owner, own),
    clientRules: rulesOfClients(foreign, service),
  };
}

/**
 * Reads the objects for the Services of a workload. A destination on the user's own subset is the workload's if the
 * subset selects its pods, by `podLabels`.
 */
export function viewOf(
  objects: RouteObjects,
  names: {
    readonly virtualService: string;
    readonly service: string;
    readonly moreServices?: readonly string[] | undefined;
  },
  podLabels: Readonly<Record<string, string>>,
  owner: RouteHolder,
  own: readonly string[] = [],
): View {
  const first = hostView(objects, names.service, owner, own);
  const more = (names.moreServices ?? []).map((name) => hostView(objects, name, owner, own));
  const hosts = [first, ...more];
  const virtualServices = ofKind(objects.kinds, 'VirtualService');
  const allRoutes = virtualServices.flatMap(httpRoutes);
  const hostFor = (one: Json): HostView | undefined =>
    hosts.find(({ service }) => isHostOf(hostOf(one), objects.namespace, service));
  return {
    ...first,
    hosts,
    virtualService: virtualServiceOf(objects, names.virtualService),
    virtualServices,
    routes: allRoutes.filter(({ virtualService }) => virtualService.metadata.name === names.virtualService),
    allRoutes,
    hostFor,
    isMine: (one) => {
      const subset = subsetOf(one);
      if (subset === STABLE || subset === CANARY) return false;
      const host = hostFor(one);
      if (host === undefined || subset === undefined) return host !== undefined;
      return selects(userSubset(host.rules, host.service, subset)?.labels ?? {}, podLabels);
    },
    isOurs: (one) => {
      const subset = subsetOf(one);
      return (subset === STABLE || subset === CANARY) && hostFor(one) !== undefined;
    },
  };
}

/** Whether a route names our subsets. */
export function isSplit(view: View, route: Pick<HttpRoute, 'destinations'>): boolean {
  return route.destinations.some(view.isOurs);
}

/** Whether a route goes to the workload, split or not. */
export function isToWorkload(view: View, route: Pick<HttpRoute, 'destinations'>): boolean {
  return route.destinations.some((one) => view.isOurs(one) || view.isMine(one));
}

/** Whether a list of destinations gives the workload any traffic. */
export function hasTraffic(view: View, destinations: readonly Json[]): boolean {
  return destinations.some((one) => view.isMine(one) && shareOf(destinations, one) > 0);
}
