import type { RouteContext, RouteHolder, RoutePlan, RouteRequest } from './context.ts';
import type { RouterDeclaration } from './declaration.ts';
import type { RouteGoal, RouteState, RouteWrite } from './goal.ts';
import type { Problem } from './reasons.ts';
import type { RouterTraces } from './traces.ts';

/**
 * A warning about the routes during a release; or, with `refuses`, why the release must not continue. Its reason is a
 * condition of its own (`isCondition`).
 */
export interface RouteWarning extends Problem {
  readonly refuses?: true;
}

/** An object with which a router could route to a workload, and the fields of its policy. */
export interface RouteCandidate<Spec = unknown> {
  readonly kind: string;
  readonly name: string;
  readonly service: string;
  readonly spec: Spec;
}

/** Objects that could route to a workload, and why others could not. */
export interface RouteSearch<Spec = unknown> {
  readonly found: readonly RouteCandidate<Spec>[];
  readonly problems: readonly { readonly kind: string; readonly name: string; readonly message: string }[];
}

/** A workload that has no policy yet. */
export type WorkloadRoutes = Omit<RouteRequest, 'spec'>;

/** The rest of ended releases, and how to remove it. */
export interface Leftovers {
  readonly writes: readonly RouteWrite[];
  /** The problem, for people, if requests may have failed. */
  readonly problem: Problem | null;
  /** When there is more to do even without a change, epoch milliseconds. */
  readonly againAt?: number;
}

/**
 * A router: pure functions over the objects that it reads. One folder for each, one line in `registry.ts`, one conformance
 * suite for all.
 */
export interface Router<Spec = unknown, Data = unknown>
  extends RouterDeclaration<Spec, Data>,
    RouterTraces<Spec, Data> {
  /** What `sluice init` can write for a workload. */
  find(workload: WorkloadRoutes): RouteSearch<Spec>;
  /** Finds the routes of the workload, or says what is wrong with them. */
  preflight(request: RouteRequest<Spec>): { readonly plan: RoutePlan<Data> } | { readonly problem: Problem };
  /**
   * Finds what releases have left in the routes of a workload, while none of its Rollout uses them: for example, an old
   * copy that somebody applied. Routes are restored at once; what they named is removed once no proxy can still know
   * such a route, `quiet.ms` later.
   */
  leftovers(
    request: RouteRequest<Spec, RouteHolder>,
    quiet: { readonly now: number; readonly ms: number },
  ): Leftovers;
  /** uids of existing objects that belong to the release: by their labels, or by the recorded plan. */
  own(context: RouteContext<Spec, Data>): readonly string[];
  /** Whether requests are known to bypass the split, regardless of the policy. */
  isBypassed(context: RouteContext<Spec, Data>): boolean;
  /** Warnings about the routes; each has its own reason. */
  warnings(context: RouteContext<Spec, Data>): readonly RouteWarning[];
  /** Compares the routes with the goal. */
  compare(context: RouteContext<Spec, Data>, goal: RouteGoal): RouteState;
  /**
   * The writes for the goal, in a safe order. Empty if nothing differs. Writes that are only safe once an earlier one
   * has been observed come in the next pass.
   */
  writes(context: RouteContext<Spec, Data>, goal: RouteGoal): readonly RouteWrite[];
}
