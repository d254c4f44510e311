import type { WindowSamples } from '../analysis/evidence/sample.ts';
import type { CheckRunEnd } from '../analysis/verdict/judge-check.ts';
import type { Release } from '../api/release.ts';
import type { RouteContext, RoutePlan } from '../traffic/context.ts';
import type { RoutesWritten } from '../traffic/goal.ts';
import type { Router, RouteWarning } from '../traffic/router.ts';
import type { ObservedDeployment, ObservedReplicaSet } from '../workload/workload.ts';
import type { ObservedPods } from './canary/pod-health.ts';
import type { ResidualTraffic } from './canary/residual-traffic.ts';
import type { Problem } from './reasons/catalogue.ts';

/** How far a run of a check is: under way, or ended. */
export interface CheckReport {
  readonly metric: string;
  /** Number of the run in this Release. */
  readonly run: number;
  readonly state: { readonly note: string } | CheckRunEnd;
}

/**
 * Everything that one pass over a release was decided from. Read before anything is written. Plain data: written as JSON
 * and read back, the same is decided from it.
 */
export interface Observation {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Longest time over which the data plane gathers changes before it passes any of them on, milliseconds. */
  readonly gatherMs: number;
  readonly release: Release;
  /** The Rollout is gone or going, or the Deployment has opted out. */
  readonly policyGone: Problem | null;
  readonly deployment: ObservedDeployment | null;
  readonly canary: ObservedReplicaSet | null;
  readonly stable: ObservedReplicaSet | null;
  /** ReplicaSets of the Deployment that have the canary's template already, from an earlier release. */
  readonly twins: readonly ObservedReplicaSet[];
  /** Identity of the stable template, as recorded in the Release. */
  readonly stableRevision: string;
  /** What the router is asked from; null before a plan exists. */
  readonly routes: RouteContext | null;
  /** uids of the objects beside the user's routes that the release has made. */
  readonly routeObjects: readonly string[];
  /** What a person should know of the routes; absent where it is not known. */
  readonly warnings?: readonly RouteWarning[];
  /** Requests are known to reach the canary's pods past the split, by the routes and Services that there are. */
  readonly isBypassed: boolean;
  /** Only read while Pending: the plan for the routes, or what stands against a start. */
  readonly preflight: { readonly plan: RoutePlan } | { readonly problem: Problem } | null;
  /** The routes as planned while Pending, where nothing but the metrics remains to be checked. */
  readonly planned: RoutePlan | null;
  /** The canary's pods, where they were looked at: while they are not all ready. */
  readonly pods?: ObservedPods;
  /** Whether the canary's pods have answered their warm-up requests, or what is missing. Unknown is cold. */
  readonly warmth?: 'warm' | { readonly cold: string };
  /** How far the checks that are due are. */
  readonly checks?: readonly CheckReport[];
  /** Why the canary must wait for its pods: others of the namespace have what the budget allows. */
  readonly shortage?: Problem | null;
  /** Somebody changes the routes back as often as they are written. */
  readonly contest?: Contest;
  /** Writes of this release that the API server does not take. */
  readonly refusals?: Refusals;
  /** Counters of the window that was due, if one was. */
  readonly window: WindowSamples | null;
  /** What the canary gets at weight 0, where that was asked: before its first weight, and before its pods go. */
  readonly trickle?: ResidualTraffic;
}

/** An observation with the router that tells how its routes stand. */
export interface DecisionContext extends Observation {
  readonly router: Pick<Router, 'name' | 'compare'>;
}

/** Somebody who changes the routes back as often as they are written. */
export interface Contest {
  /** What it has written last, and under which name (field manager). */
  readonly written: RoutesWritten;
  /** How often in a row. */
  readonly times: number;
  /** When it is over, if nothing more comes; epoch milliseconds. */
  readonly quietAt: number;
}

/** A part of what a release writes: each is tried, refused and told by itself. */
export type Part = 'routes' | 'replicaSet' | 'deployment';

/** A write that the API server did not take when it was last tried. */
export interface Refusal {
  /** What the write was to bring about, see `partGoal`. */
  readonly goal: string;
  /** What the API server said. */
  readonly why: string;
}

/** The parts that are refused, as far as this process has tried them. */
export type Refusals = Partial<Record<Part, Refusal>>;
