import type { RouteAsks } from '../../context.ts';
import { asObject, asString, type Json } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { type HttpRoute, httpRules, routeLabel } from '../objects.ts';
import { matchesBefore } from './chosen-host.ts';
import { setsCookie } from './cookie.ts';
import { isNameOfOurs } from './match-rule.ts';

/** A condition on cookies, as that of clients who stay. */
const ANY_COOKIE = { cookies: { any: { regex: '.' } } };

/** Length of a regular expression that istiod takes. */
const MOST_REGEX = 1_024;

/** Length of the longest expression on a header. */
function longestRegex(matches: readonly Json[]): number {
  const conditions = matches.flatMap((one) => Object.values(asObject(one['headers'])));
  return Math.max(0, ...conditions.map((one) => asString(asObject(one)['regex'])?.length ?? 0));
}

function conflictOf(route: HttpRoute, { match, mirror, sticky }: RouteAsks): Problem | null {
  const { virtualService, position } = route;
  const rule = httpRules(virtualService)[position] ?? {};
  const where = `http route ${routeLabel(route)} of VirtualService ${virtualService.metadata.name}`;
  const entries = sticky === true ? [...match, ANY_COOKIE] : match;
  const { conflict, matches } = matchesBefore(route, entries);
  if (conflict !== null)
    return {
      reason: 'RouteTakesNoMatch',
      message: `${conflict === 'cookie' && match.length === 0 ? 'sticky' : 'steps[].match'}: ${where} has a condition on the header ${conflict} itself, which Istio cannot combine with another; choose by another header, or write one of both with exact`,
    };
  const length = longestRegex(matches);
  if (length > MOST_REGEX)
    return {
      reason: 'RouteTakesNoMatch',
      message: `steps[].match: the conditions on cookies come to a regular expression of ${length} characters, of which Istio takes ${MOST_REGEX}: shorten them, or write them as entries of their own`,
    };
  if (mirror && rule['mirror'] !== undefined)
    return {
      reason: 'RouteTakesNoMirror',
      message: `steps[].mirror: ${where} has a mirror itself, beside which Istio takes no other; write it as an entry of spec.http[${route.index}].mirrors, or leave the mirror step out`,
    };
  if (isNameOfOurs(route.name))
    return {
      reason: 'RouteTakesNoMatch',
      message: `${where} has the name of a rule of Sluice; rename it`,
    };
  if (sticky === true && route.destinations.some(setsCookie))
    return {
      reason: 'RouteTakesNoCookie',
      message: `sticky: a destination of ${where} adds a cookie to its answers itself, and it can add one; have the workload set that, or leave sticky out`,
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
