import { canonical } from '../../../api/values/canonical.ts';
import type { Json } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { hostConflict } from '../hosts/clients.ts';
import type { HostView } from '../hosts/host-view.ts';
import { userSubset } from '../hosts/rule.ts';
import type { View } from '../hosts/view.ts';
import type { HttpRoute } from '../objects.ts';
import type { RouteOriginal } from '../plan.ts';
import type { IstioTraffic } from '../spec.ts';
import { subsetOf } from './split.ts';

/** Whether a route is shifted; if some routes are named, the others stay with stable. */
export function isShifted(
  { routes = [] }: IstioTraffic,
  { name, pinned }: Pick<RouteOriginal, 'name' | 'pinned'>,
): boolean {
  if (pinned === true) return false;
  return routes.length === 0 || (name !== undefined && routes.includes(name));
}

/** The policies of the user's subsets that our subsets of a Service replace, each once. */
export function subsetPolicies(
  view: View,
  { rules, service }: HostView,
  bases: readonly (readonly Json[])[],
): readonly (Json | undefined)[] {
  const policies = new Map<string, Json | undefined>();
  for (const one of bases.flat().filter(view.isMine)) {
    if (view.hostFor(one)?.service.name !== service.name) continue;
    const subset = userSubset(rules, service, subsetOf(one) ?? '');
    policies.set(canonical(subset?.trafficPolicy ?? null), subset?.trafficPolicy);
  }
  return [...policies.values()];
}

/** Why those policies rule out one pair of subsets for all routes to a Service, or null. */
export function policyConflict(
  view: View,
  host: HostView,
  bases: readonly (readonly Json[])[],
): Problem | null {
  if (subsetPolicies(view, host, bases).length <= 1) return null;
  return {
    reason: 'SeveralSubsetPolicies',
    message: `the routes to Service ${host.service.name} use subsets with different trafficPolicy, and a release has one pair of subsets for all of them: use one subset, or name the policy in spec.trafficPolicy of the DestinationRule`,
  };
}

/** The Services of the view that a list of destinations goes to. */
export function hostsIn(view: View, destinations: readonly Json[]): readonly HostView[] {
  return [...new Set(destinations.flatMap((one) => view.hostFor(one) ?? []))];
}

type WholeRoute = Pick<HttpRoute, 'virtualService' | 'destinations'>;

/** Why our subsets would not be in force for all clients of a route, or null. */
export function routeConflict(view: View, route: WholeRoute): Problem | null {
  for (const host of hostsIn(view, route.destinations)) {
    const found = host.held.by === 'other' ? host.held.problem : hostConflict(host, route.virtualService);
    if (found !== null) return found;
  }
  return null;
}

/** Why a route cannot be split together with those of `bases`, or null. */
export function splitConflict(
  view: View,
  route: WholeRoute,
  bases: readonly (readonly Json[])[],
): Problem | null {
  const conflict = routeConflict(view, route);
  if (conflict !== null) return conflict;
  for (const host of hostsIn(view, route.destinations)) {
    const found = policyConflict(view, host, [...bases, route.destinations]);
    if (found !== null) return found;
  }
  return null;
}
