import type { KubeObject } from '../api/meta.ts';
import type { KindObjects, RoutePlan } from './context.ts';

/** Whose routes an object may be: those of a Rollout, or of a release of it. */
export interface RouteUser<Spec = unknown, Data = unknown> {
  readonly spec: Spec;
  /** Null before a release has one. */
  readonly plan: RoutePlan<Data> | null;
  /** uid of the Release. */
  readonly uid?: string | undefined;
}

/** How a router tells whose an object is, and what of a release is in it. Wake-ups, and what is given back, follow from it. */
export interface RouterTraces<Spec = unknown, Data = unknown> {
  /**
   * Whether a change of an object is only about how its routes share out requests. Weights go up and down often, and
   * concern nobody but those who use the object; any other change concerns every Rollout of the namespace.
   */
  isShift(previous: KubeObject, object: KubeObject): boolean;
  /**
   * Whether somebody has routes in the object: what the policy names, what is in the plan, or what the router has noted
   * outside the Release. `objects` are those of the namespace.
   */
  uses(user: RouteUser<Spec, Data>, object: KubeObject, objects: KindObjects): boolean;
  /** Whether an object of the user has something of a split in it, of whichever release. */
  isSplit(object: KubeObject): boolean;
  /** Whether requests may still be sent to a version by its hash. Its pods must stay as long. */
  selects(objects: KindObjects, hash: string): boolean;
}
