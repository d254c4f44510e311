import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Release } from '../../api/release/release.ts';
import type { Learnt } from '../../api/rollout/learnt.ts';
import type { RolloutStatus } from '../../api/rollout/rollout.ts';
import type { Leftovers } from '../../traffic/router.ts';
import type { ObservedReplicaSet } from '../../workload/workload.ts';
import type { Problem } from '../reasons/catalogue.ts';
import type { Bypass } from './bypass.ts';
import type { StartObservation } from './new-release.ts';
import type { StableObservation, StableVersion } from './stable.ts';

/** Everything that a pass over a Rollout is decided from, beside its current Release. */
export interface RolloutObservation extends StableObservation, StartObservation {
  readonly now: number;
  /** ReplicaSets of the Deployment that are set aside while it is held. */
  readonly aside: readonly ObservedReplicaSet[];
  /** Writes of the containment that the API server has refused in this pass. */
  readonly refused?: Problem;
  /** Another Rollout, which exists, has the Deployment under its gate. */
  readonly rival: string | null;
  /** An unreadable Release of this Rollout: nothing else is done. */
  readonly unreadable: Problem | null;
  readonly metrics: { readonly metrics: readonly Metric[] } | { readonly problem: Problem };
  /** Why a release could not begin now, as far as the API server's objects show. */
  readonly preflight: Problem | null;
  /** Service whose traffic is shifted, as far as the routes tell. */
  readonly service?: string;
  /** What the past of the workload has just shown. */
  readonly learnt?: Learnt;
  /** Warnings about the routes; absent if unknown. */
  readonly warnings?: readonly Problem[];
  /** What ended releases have left in the routes; null during a release, which manages them itself. */
  readonly leftovers: Leftovers | null;
}

/** The result of a pass over a Rollout. */
export interface RolloutDecision {
  readonly status: RolloutStatus;
  /** A Release to create for a held revision. */
  readonly start: Release | null;
  /** Whether to put the gate on the Deployment, or to remove it. */
  readonly gate: 'put' | 'take' | 'leave';
  /** The Deployment is held though it has the stable template: it can be resumed. */
  readonly resume: boolean;
  /** An update that was not held and must be stopped. */
  readonly bypass: Bypass | null;
  /** The containment: keeps anything but stable from serving. */
  readonly containment: Containment;
  /** Something that a person must fix: nothing starts before. */
  readonly problem: Problem | null;
  /** Why the held version is not tried although it could be, and what a person can do. */
  readonly refusal: Problem | null;
  /** The message for people: that problem, or a warning. */
  readonly trouble: Problem | null;
  /** Newer templates keep ending releases before they finish. */
  readonly tooFast: Problem | null;
  /** Finished Releases to delete. */
  readonly prune: readonly Release[];
}

/**
 * The writes with which only stable serves while the Deployment is held. The Deployment controller scales a paused
 * Deployment, too: if nothing has pods, it scales up the ReplicaSet of the held template, else the newest. So those
 * that it would choose before stable are set aside, where it does not find them, as long as the Deployment is held.
 */
export interface Containment {
  /** ReplicaSets to hide from the Deployment controller, without pods. */
  readonly setAside: readonly ObservedReplicaSet[];
  /** ReplicaSets to return to the Deployment. */
  readonly giveBack: readonly ObservedReplicaSet[];
  /** Duplicates of a template for which the Deployment has a ReplicaSet by now: it would use the older one. */
  readonly remove: readonly ObservedReplicaSet[];
  /** Stable's ReplicaSet, to be created again. */
  readonly make: StableVersion | null;
  readonly problem: Problem | null;
}
