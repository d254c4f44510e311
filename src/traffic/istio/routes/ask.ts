import type { RouteAsks } from '../../context.ts';
import type { Problem } from '../../reasons.ts';
import { type HttpRoute, httpRules, routeLabel } from '../objects.ts';
import { crossed } from './match.ts';
import { MATCH_RULE } from './match-rule.ts';

function conflictOf(route: HttpRoute, { match, mirror }: RouteAsks): Problem | null {
  const { virtualService, position } = route;
  const rule = httpRules(virtualService)[position] ?? {};
  const where = `http route ${routeLabel(route)} of VirtualService ${virtualService.metadata.name}`;
  const { conflict } = crossed(rule['match'], match);
  if (conflict !== null)
    return {
      reason: 'RouteTakesNoMatch',
      message: `steps[].match: ${where} has a condition on the header ${conflict} itself, which Istio cannot combine with that of the step; choose by another header, or write one of both with exact`,
    };
  if (mirror && rule['mirror'] !== undefined)
    return {
      reason: 'RouteTakesNoMirror',
      message: `steps[].mirror: ${where} has a mirror itself, beside which Istio takes no other; write it as an entry of spec.http[${route.index}].mirrors, or leave the mirror step out`,
    };
  if (route.name === MATCH_RULE)
    return {
      reason: 'RouteTakesNoMatch',
      message: `${where} has the name of a rule of Sluice; rename it`,
    };
  return null;
}

/** Why a match or a mirror cannot be written into routes, or null. */
export function askConflict(routes: readonly HttpRoute[], asks: RouteAsks): Problem | null {
  for (const route of routes) {
    const found = conflictOf(route, asks);
    if (found !== null) return found;
  }
  return null;
}
