import type { RouteOriginal } from '../api/release.ts';
import type { HttpRoute } from './istio-objects.ts';
import { remembered } from './istio-rule.ts';
import { collapse, natureOf, split as splitAt } from './istio-split.ts';
import { isSplit, type View } from './istio-view.ts';
import { type Json, sameJson } from './json.ts';
import type { RoutePlan } from './router.ts';

/** A route that the plan is about, where it is now, and what the user wants in it. */
export interface Located {
  readonly original: RouteOriginal;
  /** Null where the route is not there any more. */
  readonly route: HttpRoute | null;
  /** The user's newest word about its destinations. */
  readonly base: readonly Json[];
}

/**
 * How well a route fits an original without a name. Its being split counts more than its place, since whoever puts a
 * route before it leaves the split one split; what kind of destinations it has counts more, and most that they are
 * the very ones, as they are for routes that stay with stable.
 */
function fit(view: View, original: RouteOriginal, base: readonly Json[], route: HttpRoute): number {
  if (route.name !== undefined) return 0;
  const split = isSplit(view, route);
  if (!split && !route.destinations.some(view.isMine)) return 0;
  const sameKind = natureOf(route.destinations) === natureOf(base);
  const expected = split ? splitAt(base, view.isMine, 0) : base;
  const same = sameJson(route.destinations, expected);
  const place = route.index === original.index;
  return 1 + (same ? 8 : 0) + (sameKind ? 4 : 0) + (split ? 2 : 0) + (place ? 1 : 0);
}

function find(
  view: View,
  original: RouteOriginal,
  base: readonly Json[],
  free: readonly HttpRoute[],
): HttpRoute | null {
  if (original.name !== undefined) {
    const named = free.filter((route) => route.name === original.name);
    return named.find((route) => isSplit(view, route)) ?? named[0] ?? null;
  }
  const ranked = free
    .map((route) => ({ route, score: fit(view, original, base, route) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score);
  return ranked[0]?.route ?? null;
}

/**
 * Finds the routes of the plan again, in a VirtualService that may have been edited or applied anew: by name, else by
 * what they are and where they were.
 *
 * A route without our subsets is the user's word: what is in it now is what gets split, and put back in the end, even
 * where it is not what it was at the start (a GitOps tool applied a newer version). Our DestinationRule remembers it.
 * A route with our subsets is ours: weights, headers or destinations that somebody edits in it are put right. Where
 * somebody takes our DestinationRule away after a newer version was applied, that version is made out from its split.
 */
export function locate(view: View, plan: RoutePlan): readonly Located[] {
  const memory = remembered(view.held, plan.originals.length);
  const taken = new Set<HttpRoute>();
  return plan.originals.map((original, place) => {
    const known = memory?.[place]?.destinations ?? original.destinations;
    const free = view.routes.filter((route) => !taken.has(route));
    const route = find(view, original, known, free);
    if (route === null) return { original, route, base: known };
    taken.add(route);
    if (!isSplit(view, route)) return { original, route, base: route.destinations };
    const certain = memory !== null || natureOf(route.destinations) === natureOf(known);
    return { original, route, base: certain ? known : collapse(route.destinations, view.isOurs) };
  });
}
