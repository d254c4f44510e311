import type { KubeObject } from '../api/meta.ts';
import type { KindObjects, RoutePlan } from './context.ts';

/** Possible owners of an object's routes: a Rollout, or a release of it. */
export interface RouteUser<Spec = unknown, Data = unknown> {
  readonly spec: Spec;
  /** Null before a release has one. */
  readonly plan: RoutePlan<Data> | null;
  /** uid of the Release. */
  readonly uid?: string | undefined;
  /** Labels of the pods of its workload, if that is there. */
  readonly podLabels?: Readonly<Record<string, string>> | undefined;
}

/**
 * How a router identifies the owners of an object, and traces of a release in it. Wake-ups, and giving up fields,
 * follow from it.
 */
export interface RouterTraces<Spec = unknown, Data = unknown> {
  /**
   * Whether a change of an object is only about weights. Weights change often, and only concern those who use the
   * object; any other change concerns every Rollout of the namespace.
   */
  isShift(previous: KubeObject, object: KubeObject): boolean;
  /**
   * Whether somebody has routes in the object: named by the policy, in the plan, or recorded by the router outside the
   * Release. `objects` are those of the namespace.
   */
  uses(user: RouteUser<Spec, Data>, object: KubeObject, objects: KindObjects): boolean;
  /** Whether an object of the user has traces of a split, of any release. */
  isSplit(object: KubeObject): boolean;
  /** Whether requests may still be sent to a version by its hash. Its pods must stay that long. */
  selects(objects: KindObjects, hash: string): boolean;
}
