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
 * How well a route fits an original; 0 where it cannot be it. A name decides. Without one, being split counts most,
 * since whoever puts another route to the Service before a split one leaves that one split; then having the very
 * destinations, which routes have that stay with stable; then destinations of the same kind; then the place.
 */
function fit(view: View, original: RouteOriginal, base: readonly Json[], route: HttpRoute): number {
  const split = isSplit(view, route);
  if (
    route.name !== original.name ||
    (route.name === undefined && !split && !route.destinations.some(view.isMine))
  )
    return 0;
  const same = sameJson(route.destinations, split ? splitAt(base, view.isMine, 0) : base);
  const sameKind = natureOf(route.destinations) === natureOf(base);
  const place = route.index === original.index;
  return 1 + (split ? 16 : 0) + (same ? 8 : 0) + (sameKind ? 4 : 0) + (place ? 2 : 0);
}

/** The route of each original, the best fit first, so that none takes the route of another. */
function assign(
  view: View,
  originals: readonly RouteOriginal[],
  bases: readonly (readonly Json[])[],
): ReadonlyMap<number, HttpRoute> {
  const pairs = originals.flatMap((original, place) =>
    view.routes.map((route) => ({ place, route, score: fit(view, original, bases[place] ?? [], route) })),
  );
  const found = new Map<number, HttpRoute>();
  const taken = new Set<HttpRoute>();
  for (const { place, route } of pairs
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)) {
    if (found.has(place) || taken.has(route)) continue;
    found.set(place, route);
    taken.add(route);
  }
  return found;
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
  const bases = plan.originals.map(
    (original, place) => memory?.[place]?.destinations ?? original.destinations,
  );
  const routes = assign(view, plan.originals, bases);
  return plan.originals.map((original, place) => {
    const known = bases[place] ?? original.destinations;
    const route = routes.get(place) ?? null;
    if (route === null) return { original, route, base: known };
    if (!isSplit(view, route)) return { original, route, base: route.destinations };
    const certain = memory !== null || natureOf(route.destinations) === natureOf(known);
    return { original, route, base: certain ? known : collapse(route.destinations, view.isOurs) };
  });
}

/**
 * What a route with our subsets would be without them, where it is none of the plan: the original whose route is not
 * found any more and that is of the same kind, if there is one, since somebody may have renamed it.
 */
export function baseOfStray(view: View, located: readonly Located[], route: HttpRoute): readonly Json[] {
  const nature = natureOf(route.destinations);
  const lost = located.filter((one) => one.route === null && natureOf(one.base) === nature);
  return lost.length === 1 && lost[0] !== undefined
    ? lost[0].base
    : collapse(route.destinations, view.isOurs);
}
