import type { KubeObject } from '../api/meta.ts';
import type { HttpMatch } from '../api/rollout/match.ts';
import type { RouterReason } from './reasons.ts';

/**
 * Goal of the routes.
 * - `untouched` is exactly what the user wrote, and nothing of ours.
 * - `prepared` is the same with the objects for a split, such as subsets or a Service for each version, so that they
 *   are in force everywhere before the first split: a proxy that learns of both at once may lose requests. A router that
 *   needs nothing has nothing to do.
 * - `split` gives the canary `weight` percent, beside all requests for which an entry of `match` holds, and a copy of
 *   `mirror` percent of the others, whose answers reach nobody. What a router cannot do (`supports`) is never asked.
 * - `withdrawn` takes the canary out before its pods go: every route that was split sends all to stable, whether or not it
 *   is in the plan; where a route to stable alone is not in force, the routes are as the user wrote them.
 */
export type RouteGoal =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'prepared' }
  | {
      readonly kind: 'split';
      /** Percent. */
      readonly weight: number;
      readonly match?: readonly HttpMatch[];
      /** Percent. */
      readonly mirror?: number;
      /** Clients stay with their version; see there. */
      readonly sticky?: StickyClients;
    }
  | { readonly kind: 'withdrawn' };

/**
 * What keeps clients with their version. A client belongs to one of the groups between two thresholds, by chance, each as
 * likely as it is wide, and a cookie says to which. A group moves to the canary when the weight reaches the threshold at
 * its upper end, and stays there. So no client moves more than once, and the canary has its weight of the clients.
 * It applies at weights between 0 and 100.
 */
export interface StickyClients {
  /** Name of the cookie. */
  readonly cookie: string;
  /** How long a client keeps it, seconds. */
  readonly seconds: number;
  /** Ascending percentages; the last is 100. */
  readonly thresholds: readonly number[];
}

/**
 * The routes compared with a goal. `differs` is corrected by `writes`, and says whether that is a route, or only the
 * objects for a split; `broken` can only be fixed by a person, and the release cannot continue. Only `split` can be
 * broken: where the user took the routes away, nothing of ours is in them. `open`: the canary is withdrawn, but its pods
 * get their part of what goes to all pods of the Service. `untaken`: the routes are as desired, but the data plane says
 * that it has not taken them, for the reason given; the release waits.
 */
export type RouteState =
  | { readonly kind: 'asDesired'; readonly open?: true; readonly untaken?: string }
  | {
      readonly kind: 'differs';
      readonly part: 'routes' | 'subsets';
      readonly what: string;
      /** Some requests go to the canary's subset. */
      readonly toCanary?: true;
      /** The current object whose routes differ. */
      readonly written?: RoutesWritten;
    }
  | { readonly kind: 'broken'; readonly reason: RouterReason; readonly message: string };

/** An object with routes and its last writer. */
export interface RoutesWritten {
  readonly kind: string;
  readonly name: string;
  /** The field with the routes, for people. */
  readonly field: string;
  /** Its resourceVersion. */
  readonly version: string;
  /** Who else wrote its routes last, if the API server knows. */
  readonly by?: string;
}

/** One write to the API server. Each has the observed resourceVersion, so a stale one fails. */
export type RouteWrite =
  | { readonly op: 'create'; readonly object: KubeObject }
  | {
      readonly op: 'patch';
      readonly target: KubeObject;
      /** JSON patch (RFC 6902), its first operation a `test` of the resourceVersion. */
      readonly patch: readonly object[];
      /** Independent of later writes: if it fails, they are still made. */
      readonly alone?: true;
    }
  | { readonly op: 'delete'; readonly target: KubeObject };
