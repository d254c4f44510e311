import type { KubeObject } from '../api/meta.ts';
import type { RouterReason } from './reasons.ts';

/**
 * What is to be in force.
 * - `untouched` is exactly what the user wrote, and nothing of ours.
 * - `prepared` is the same with what a split needs beside it, such as subsets or a Service for each version, so that it is
 *   in force everywhere before the first split: a proxy that learns of both at once may lose requests. A router that
 *   needs nothing has nothing to do.
 * - `split` gives the canary `weight` percent.
 * - `withdrawn` takes the canary out before its pods go: every route that was split sends all to stable, whether or not it
 *   is in the plan; where a route to stable alone is not in force, the routes are as the user wrote them.
 */
export type RouteGoal =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'prepared' }
  | { readonly kind: 'split'; readonly weight: number }
  | { readonly kind: 'withdrawn' };

/**
 * What is there, seen against a goal. `differs` is put right by `writes`, and says whether that is a route, or only
 * what a split needs beside them; `broken` is put right only by a person, and a release cannot go on. Only `split` can be
 * broken: where the user took the routes away, nothing of ours is in them. A data plane that has yet to accept what is
 * written `differs`, too, without `written`. `open`: the canary is withdrawn, but its pods
 * get their part of what goes to all pods of the Service.
 */
export type RouteState =
  | { readonly kind: 'asDesired'; readonly open?: true }
  | {
      readonly kind: 'differs';
      readonly part: 'routes' | 'subsets';
      readonly what: string;
      /** Some requests go to the canary's own subset. */
      readonly toCanary?: true;
      /** The object whose routes differ, as it is now. */
      readonly written?: RoutesWritten;
    }
  | { readonly kind: 'broken'; readonly reason: RouterReason; readonly message: string };

/** An object with routes that somebody has written. */
export interface RoutesWritten {
  readonly kind: string;
  readonly name: string;
  /** The field with the routes, for people. */
  readonly field: string;
  /** Its resourceVersion. */
  readonly version: string;
  /** Who else has written its routes last, where the API server tells. */
  readonly by?: string;
}

/** One write to the API server. Every one carries the resourceVersion that was observed, so a stale one loses. */
export type RouteWrite =
  | { readonly op: 'create'; readonly object: KubeObject }
  | {
      readonly op: 'patch';
      readonly target: KubeObject;
      /** JSON patch (RFC 6902), its first operation a `test` of the resourceVersion. */
      readonly patch: readonly object[];
      /** None of the writes after it waits for it: where it fails, they are done all the same. */
      readonly alone?: true;
    }
  | { readonly op: 'delete'; readonly target: KubeObject };
