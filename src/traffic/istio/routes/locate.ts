import { type Json, sameJson } from '../../json.ts';
import { remembered } from '../hosts/rule.ts';
import { isSplit, isToWorkload, type View } from '../hosts/view.ts';
import { type HttpRoute, MOST_ROUTES } from '../objects.ts';
import type { RouteOriginal } from '../plan.ts';
import { splitConflict } from './shift.ts';
import { collapse, natureOf, split as splitAt } from './split.ts';

/** A route of a release, its current place, and the user's destinations. */
export interface Located {
  readonly original: RouteOriginal;
  /** Null if the route no longer exists. */
  readonly route: HttpRoute | null;
  /** The user's newest destinations. */
  readonly base: readonly Json[];
}

/** The routes of a plan. */
type PlannedRoutes = { readonly routes: readonly RouteOriginal[] };

/** A route to find. */
interface Sought {
  readonly original: RouteOriginal;
  readonly base: readonly Json[];
  /** Whether our DestinationRule remembers it. */
  readonly certain: boolean;
}

/**
 * How well a route matches an original; 0 if it cannot be it. VirtualService and name decide. Without a name, being
 * split counts most, since inserting another route to the Service leaves the split one split; then equal destinations,
 * as in routes that stay with stable; then destinations of the same kind; then the place.
 */
function fit(view: View, { original, base }: Sought, route: HttpRoute): number {
  const split = isSplit(view, route);
  const home = original.virtualService ?? view.virtualService?.metadata.name;
  if (
    route.virtualService.metadata.name !== home ||
    route.name !== original.name ||
    (route.name === undefined && !split && !route.destinations.some(view.isMine))
  )
    return 0;
  const same = sameJson(route.destinations, split ? splitAt(base, view.isMine, 0) : base);
  const sameKind = natureOf(route.destinations) === natureOf(base);
  const place = route.index === original.index;
  return 1 + (split ? 16 : 0) + (same ? 8 : 0) + (sameKind ? 4 : 0) + (place ? 2 : 0);
}

/** The route of each original, the best match first, so that none takes the route of another. */
function assign(view: View, sought: readonly Sought[]): ReadonlyMap<number, HttpRoute> {
  const pairs = sought.flatMap((one, place) =>
    view.allRoutes.map((route) => ({ place, route, score: fit(view, one, route) })),
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

const keyOf = ({ virtualService, index, name }: RouteOriginal): string =>
  JSON.stringify([virtualService, name ?? index]);

/** The routes of the plan, and others that our DestinationRule records: they appeared in mid-release. */
function soughtOf(view: View, plan: PlannedRoutes): readonly Sought[] {
  const memory = [...(remembered(view) ?? [])];
  const planned = plan.routes.map((original): Sought => {
    const at = memory.findIndex((one) => keyOf(one) === keyOf(original));
    const [known] = at < 0 ? [] : memory.splice(at, 1);
    return { original, base: (known ?? original).destinations, certain: known !== undefined };
  });
  const appeared = memory.map(
    (one): Sought => ({ original: { ...one, pinned: true }, base: one.destinations, certain: true }),
  );
  return [...planned, ...appeared];
}

function locatedAt(view: View, { original, base, certain }: Sought, route: HttpRoute | null): Located {
  if (route === null) return { original, route, base };
  if (!isSplit(view, route)) return { original, route, base: route.destinations };
  const known = certain || natureOf(route.destinations) === natureOf(base);
  return { original, route, base: known ? base : collapse(route.destinations, view.isOurs) };
}

/** A split route is always corrected; another is left alone if our subsets would not be in force for it. */
const isSafe = (view: View, route: HttpRoute, bases: readonly (readonly Json[])[]): boolean =>
  isSplit(view, route) || splitConflict(view, route, bases) === null;

/** An unknown route: a new one, or a copy of a split one. It stays with stable until the release is over. */
function newlyFound(view: View, known: readonly Located[], route: HttpRoute): Located {
  const base = isSplit(view, route) ? baseOfStray(view, known, route) : route.destinations;
  return { original: { ...originalOf(view, route, base), pinned: true }, route, base };
}

/** A route as a plan has it. */
export function originalOf(
  view: Pick<View, 'virtualService'>,
  { virtualService, index, name }: HttpRoute,
  destinations: readonly Json[],
): RouteOriginal {
  const home = virtualService.metadata.name;
  return {
    ...(home === view.virtualService?.metadata.name ? {} : { virtualService: home }),
    index,
    ...(name === undefined ? {} : { name }),
    destinations: destinations.map((one) => ({ ...one })),
  };
}

/**
 * Finds the routes of the plan again, in VirtualServices that may have been edited or applied again: by name, else by
 * content and place. After them come the routes to the workload that appeared in mid-release.
 *
 * A route without our subsets is the user's: its current content gets split, and restored in the end, even if it has
 * changed since the start (a GitOps tool applied a newer version). Our DestinationRule records it. A route with our
 * subsets is ours: weights, headers or destinations that somebody edits in it are corrected. If somebody deletes our
 * DestinationRule after a newer version was applied, that version is derived from its split.
 */
export function locate(view: View, plan: PlannedRoutes): readonly Located[] {
  const sought = soughtOf(view, plan);
  const routes = assign(view, sought);
  const known = sought.map((one, place) => locatedAt(view, one, routes.get(place) ?? null));
  const taken = new Set(routes.values());
  const bases = sought.map(({ base }) => base);
  const appeared = view.allRoutes.filter(
    (route) => !taken.has(route) && isToWorkload(view, route) && isSafe(view, route, bases),
  );
  const room = Math.max(0, MOST_ROUTES - known.length);
  const looked = appeared.filter((route, place) => place < room || isSplit(view, route));
  return [...known, ...looked.map((route) => newlyFound(view, known, route))];
}

/** The recorded originals of existing routes, from our DestinationRules. */
export function knownBases(view: View): ReadonlyMap<HttpRoute, readonly Json[]> {
  const originals = remembered(view) ?? [];
  const found = locate(view, { routes: originals }).slice(0, originals.length);
  return new Map(
    found.flatMap(({ route, base }): [HttpRoute, readonly Json[]][] =>
      route === null ? [] : [[route, base]],
    ),
  );
}

/**
 * The original of a route with our subsets that is not in the plan: an original of the same kind whose route is
 * missing, if there is one, since somebody may have renamed it.
 */
function baseOfStray(view: View, located: readonly Located[], route: HttpRoute): readonly Json[] {
  const nature = natureOf(route.destinations);
  const lost = located.filter((one) => one.route === null && natureOf(one.base) === nature);
  return lost.length === 1 && lost[0] !== undefined
    ? lost[0].base
    : collapse(route.destinations, view.isOurs);
}
