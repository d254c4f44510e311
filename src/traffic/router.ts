import type { KubeObject } from '../api/meta.ts';
import type { Problem } from '../api/problem.ts';
import type { Release, RouteOriginal } from '../api/release.ts';
import type { Traffic } from '../api/rollout.ts';

/** Everything a router's decision is made from: the objects as they were read, raw. */
export interface RouteObjects {
  readonly namespace: string;
  /** Services of the namespace. */
  readonly services: readonly KubeObject[];
  readonly virtualServices: readonly KubeObject[];
  /** DestinationRules of the namespace and of the mesh's root namespace. */
  readonly destinationRules: readonly KubeObject[];
  /** Objects of other namespaces that name Services of this one, as far as they may be read. */
  readonly elsewhere?: {
    readonly virtualServices: readonly KubeObject[];
    readonly destinationRules: readonly KubeObject[];
  };
  /** Services over the pods of the workload that have pods of another one behind them, too: its name. They cannot be split. */
  readonly sharedWith?: Readonly<Record<string, string>>;
}

/** The two versions, by the value of their pods' label `pod-template-hash`. */
export interface RouteVersions {
  readonly stable: string;
  readonly canary: string;
}

/**
 * What is to be in force. `whole` is exactly what the user wrote; with `subsets`, what a split needs is there beside it,
 * so that it can be in force everywhere before the first split: a proxy that learns of both at once may lose requests.
 * `split` gives the canary `weight` percent. `withdrawn` takes the canary out before its pods go: every route that was
 * split sends all to stable, whether or not it is in the plan; where stable's subset is not in force, it is whole.
 */
export type RouteGoal =
  | { readonly kind: 'whole'; readonly subsets: boolean }
  | { readonly kind: 'split'; readonly weight: number }
  | { readonly kind: 'withdrawn' };

/**
 * What is there, seen against a goal. `differs` is put right by `writes`, and says whether that is a route, or the
 * subsets only; `broken` is put right only by a person, and a release cannot go on. `whole` and `withdrawn` are never
 * broken: where the user took the routes away, nothing of ours is in them. `open`: the canary is withdrawn, but its pods
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
  | { readonly kind: 'broken'; readonly reason: string; readonly message: string };

/** An object with routes that somebody has written. */
export interface RoutesWritten {
  readonly name: string;
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

/** What a person should know of the routes while a release goes on; or, where `refuses` says so, why it is not to. */
export interface RouteWarning extends Problem {
  readonly reason: 'UnsplitTraffic' | 'SubsetsHidden';
  readonly refuses?: true;
}

/** What a release needs to know about the routes before it touches them; persisted in its status. */
export interface RoutePlan {
  readonly service: string;
  /** Further Services over the same pods, whose routes are split, too. */
  readonly moreServices?: readonly string[];
  readonly originals: readonly RouteOriginal[];
  /** uids of the objects that the release has made beside the user's. Labels can be edited; a uid cannot. */
  readonly own?: readonly string[];
}

/** Who the routes may belong to: the Rollout of a Release that is under way, or one that has none. */
export interface RouteHolder {
  readonly metadata?: Pick<KubeObject['metadata'], 'uid'>;
  readonly spec: Pick<Release['spec'], 'rollout'>;
}

/** What is left of releases that are over, and how it goes. */
export interface Leftovers {
  readonly writes: readonly RouteWrite[];
  /** What was wrong, for people, where requests may have failed by it. */
  readonly problem: Problem | null;
  /** When there is more to do without anything changing, epoch milliseconds. */
  readonly againAt?: number;
}

/** The Release on whose behalf routes are looked at: the traffic of a Service belongs to one Rollout at a time. */
export type RouteOwner = Pick<Release, 'metadata' | 'spec'>;

/** What a router is asked from before there is a plan. Plain data, so that it can be recorded and asked again. */
export interface RouteRequest<Owner = RouteOwner> {
  readonly objects: RouteObjects;
  /** What the policy says of the traffic. */
  readonly spec: Traffic;
  /** Labels of the pod template of the workload. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly owner: Owner;
}

/** What a router decides from once the routes are planned. */
export interface RouteContext extends RouteRequest {
  readonly plan: RoutePlan;
  readonly versions: RouteVersions;
}

/** A router: pure functions over its objects. One folder for each, one conformance suite for all. */
export interface Router {
  /** Finds the routes of the workload, or says what is wrong with them. */
  preflight(request: RouteRequest): { readonly plan: RoutePlan } | { readonly problem: Problem };
  /**
   * Looks for what releases have left in the routes of a workload, while none of its Rollout has touched them: an old
   * copy that somebody applied, say. Routes are made whole at once; what they named goes once no proxy can still know
   * a route that does, `quiet.ms` later.
   */
  leftovers(
    request: RouteRequest<RouteHolder>,
    quiet: { readonly now: number; readonly ms: number },
  ): Leftovers;
  /** uids of the objects that are there and are the release's own: by their labels, or by what the plan recorded. */
  own(context: RouteContext): readonly string[];
  /** Whether requests are known to reach the pods of the workload past the split, whatever the policy makes of that. */
  isBypassed(context: RouteContext): boolean;
  /** What a person should know of the routes; each has a reason of its own. */
  warnings(context: RouteContext): readonly RouteWarning[];
  /** Compares what is there with the goal. */
  compare(context: RouteContext, goal: RouteGoal): RouteState;
  /**
   * The writes that bring the goal about, in the order in which they are safe. Empty where nothing differs. What is
   * only safe once an earlier write has been observed comes with the next pass.
   */
  writes(context: RouteContext, goal: RouteGoal): readonly RouteWrite[];
}
