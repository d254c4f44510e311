import type { KubeObject } from '../api/meta.ts';
import { isHostOf, isWildcardOf, type ServiceKey } from './istio-host.ts';
import { type HttpRoute, httpRoutes, type RuleSeen, ruleSeen, selects } from './istio-objects.ts';
import { type Held, heldBy, ruleName, userSubset } from './istio-rule.ts';
import { CANARY, hostOf, STABLE, shareOf, subsetOf } from './istio-split.ts';
import { asObject, asString, type Json } from './json.ts';
import type { RouteObjects, RouteOwner } from './router.ts';

/** The Istio objects as they concern one Service and one Release. */
export interface View {
  readonly service: ServiceKey;
  readonly virtualService: KubeObject | null;
  readonly routes: readonly HttpRoute[];
  readonly rules: readonly RuleSeen[];
  readonly held: Held;
  /** A destination that a user wrote for the pods of the workload. */
  readonly isMine: (destination: Json) => boolean;
  /** A destination on one of our subsets. */
  readonly isOurs: (destination: Json) => boolean;
}

/** A VirtualService of the namespace. */
export function virtualServiceOf(objects: RouteObjects, name: string | undefined): KubeObject | null {
  return objects.virtualServices.find(({ metadata }) => metadata.name === name) ?? null;
}

/** The DestinationRules that say something about a Service; few of the many that a namespace may have. */
function rulesFor(objects: RouteObjects, service: ServiceKey): readonly RuleSeen[] {
  return objects.destinationRules
    .filter(({ metadata, spec }) => {
      const host = asString(asObject(spec)['host']) ?? '';
      const from = metadata.namespace ?? '';
      const ours = metadata.name === ruleName(service.name);
      return ours || isHostOf(host, from, service) || isWildcardOf(host, service);
    })
    .map(ruleSeen);
}

/**
 * Looks at the objects for a Service. A destination on a subset of the user's own is the workload's where the subset
 * selects its pods, by `podLabels`.
 */
export function viewOf(
  objects: RouteObjects,
  names: { readonly virtualService: string; readonly service: string },
  podLabels: Readonly<Record<string, string>>,
  owner: RouteOwner,
  own: readonly string[] = [],
): View {
  const service = { name: names.service, namespace: objects.namespace };
  const virtualService = virtualServiceOf(objects, names.virtualService);
  const rules = rulesFor(objects, service);
  const toService = (one: Json): boolean => isHostOf(hostOf(one), objects.namespace, service);
  return {
    service,
    virtualService,
    routes: virtualService === null ? [] : httpRoutes(virtualService),
    rules,
    held: heldBy(rules, service, owner, own),
    isMine: (one) => {
      const subset = subsetOf(one);
      if (!toService(one) || subset === STABLE || subset === CANARY) return false;
      return subset === undefined || selects(userSubset(rules, service, subset)?.labels ?? {}, podLabels);
    },
    isOurs: (one) => toService(one) && (subsetOf(one) === STABLE || subsetOf(one) === CANARY),
  };
}

/** Whether a route has our subsets in it. */
export function isSplit(view: View, route: Pick<HttpRoute, 'destinations'>): boolean {
  return route.destinations.some(view.isOurs);
}

/** Whether a list of destinations gives the workload any traffic. */
export function hasTraffic(view: View, destinations: readonly Json[]): boolean {
  return destinations.some((one) => view.isMine(one) && shareOf(destinations, one) > 0);
}
