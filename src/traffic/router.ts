import type { RouteContext, RouteHolder, RoutePlan, RouteRequest } from './context.ts';
import type { RouterDeclaration } from './declaration.ts';
import type { RouteGoal, RouteState, RouteWrite } from './goal.ts';
import type { Problem } from './reasons.ts';
import type { RouterTraces } from './traces.ts';

/** What a person should know of the routes while a release goes on; or, where `refuses` says so, why it is not to. */
export interface RouteWarning extends Problem {
  readonly reason: 'UnsplitTraffic' | 'SubsetsHidden';
  readonly refuses?: true;
}

/** An object by which a router could route to a workload, and what a policy would say to it. */
export interface RouteCandidate<Spec = unknown> {
  readonly kind: string;
  readonly name: string;
  readonly service: string;
  readonly spec: Spec;
}

/** What could route to a workload, and why other objects could not. */
export interface RouteSearch<Spec = unknown> {
  readonly found: readonly RouteCandidate<Spec>[];
  readonly problems: readonly { readonly kind: string; readonly name: string; readonly message: string }[];
}

/** A workload that has no policy yet. */
export type WorkloadRoutes = Omit<RouteRequest, 'spec'>;

/** What is left of releases that are over, and how it goes. */
export interface Leftovers {
  readonly writes: readonly RouteWrite[];
  /** What was wrong, for people, where requests may have failed by it. */
  readonly problem: Problem | null;
  /** When there is more to do without anything changing, epoch milliseconds. */
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
   * Looks for what releases have left in the routes of a workload, while none of its Rollout has touched them: an old
   * copy that somebody applied, say. Routes are made whole at once; what they named goes once no proxy can still know
   * a route that does, `quiet.ms` later.
   */
  leftovers(
    request: RouteRequest<Spec, RouteHolder>,
    quiet: { readonly now: number; readonly ms: number },
  ): Leftovers;
  /** uids of the objects that are there and are the release's own: by their labels, or by what the plan recorded. */
  own(context: RouteContext<Spec, Data>): readonly string[];
  /** Whether requests are known to reach the pods of the workload past the split, whatever the policy makes of that. */
  isBypassed(context: RouteContext<Spec, Data>): boolean;
  /** What a person should know of the routes; each has a reason of its own. */
  warnings(context: RouteContext<Spec, Data>): readonly RouteWarning[];
  /** Compares what is there with the goal. */
  compare(context: RouteContext<Spec, Data>, goal: RouteGoal): RouteState;
  /**
   * The writes that bring the goal about, in the order in which they are safe. Empty where nothing differs. What is
   * only safe once an earlier write has been observed comes with the next pass.
   */
  writes(context: RouteContext<Spec, Data>, goal: RouteGoal): readonly RouteWrite[];
}
