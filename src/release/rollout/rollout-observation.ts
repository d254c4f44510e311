import type { Metric } from '../../api/analysis-template.ts';
import type { Release } from '../../api/release.ts';
import type { RolloutStatus } from '../../api/rollout.ts';
import type { Leftovers } from '../../traffic/router.ts';
import type { ObservedReplicaSet } from '../../workload/workload.ts';
import type { Problem } from '../reasons/catalogue.ts';
import type { Bypass } from './bypass.ts';
import type { StartObservation } from './new-release.ts';
import type { StableObservation, StableVersion } from './stable.ts';

/** Everything that a pass over a Rollout is decided from, beside its current Release. */
export interface RolloutObservation extends StableObservation, StartObservation {
  readonly now: number;
  /** ReplicaSets of the Deployment that were set aside while it is held. */
  readonly aside: readonly ObservedReplicaSet[];
  /** What the API server has refused in this pass of what keeps anything but stable from serving. */
  readonly refused?: Problem;
  /** Another Rollout, which exists, has the Deployment under its gate. */
  readonly rival: string | null;
  /** A Release of this Rollout that cannot be read: nothing is done beside it. */
  readonly unreadable: Problem | null;
  readonly metrics: { readonly metrics: readonly Metric[] } | { readonly problem: Problem };
  /** What would stand against a release that began now, as far as the API server knows. */
  readonly preflight: Problem | null;
  /** What a person should know of the routes; absent where it is not known. */
  readonly warnings?: readonly Problem[];
  /** What releases that are over have left in the routes; null where one is under way, which looks after them itself. */
  readonly leftovers: Leftovers | null;
}

/** What a pass over a Rollout came to. */
export interface RolloutDecision {
  readonly status: RolloutStatus;
  /** A Release to create, where a held revision is to be tried. */
  readonly start: Release | null;
  /** Whether the gate is to be put on the Deployment, or taken off it. */
  readonly gate: 'put' | 'take' | 'leave';
  /** The Deployment is held though its template is what serves: it can go on. */
  readonly resume: boolean;
  /** An update that was not held and is to be stopped. */
  readonly bypass: Bypass | null;
  /** What keeps anything but stable from serving. */
  readonly containment: Containment;
  /** Something that a person must put right: nothing is started before. */
  readonly problem: Problem | null;
  /** Why what is held is not tried, though nothing stands against it, and what a person can do. */
  readonly refusal: Problem | null;
  /** What people are to know, be it that problem or something that stops nothing. */
  readonly trouble: Problem | null;
  /** Newer templates end releases before they are done, again and again. */
  readonly tooFast: Problem | null;
  /** Finished Releases beyond the history. */
  readonly prune: readonly Release[];
}

/**
 * What is to be done so that nothing but stable serves while the Deployment is held. The Deployment controller scales a
 * paused Deployment, too: where nothing has pods, it gives them to the ReplicaSet of the held template, else to the
 * newest one. So those that it would choose before stable are set aside, where it does not see them, for as long as the
 * Deployment is held.
 */
export interface Containment {
  /** ReplicaSets to take out of the Deployment controller's sight, without pods. */
  readonly setAside: readonly ObservedReplicaSet[];
  /** ReplicaSets that were set aside and are the Deployment's again. */
  readonly giveBack: readonly ObservedReplicaSet[];
  /** Others of a template that the Deployment has a ReplicaSet for by now: it would take the older one. */
  readonly remove: readonly ObservedReplicaSet[];
  /** Stable, whose ReplicaSet is gone and is to be made again. */
  readonly make: StableVersion | null;
  readonly problem: Problem | null;
}
