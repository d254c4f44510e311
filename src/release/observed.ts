import type { WindowSamples } from '../analysis/evidence/sample.ts';
import type { CheckRunEnd } from '../analysis/verdict/judge-check.ts';
import type { Release } from '../api/release/release.ts';
import type { RouteContext, RoutePlan } from '../traffic/context.ts';
import type { RoutesWritten } from '../traffic/goal.ts';
import type { Router, RouteWarning } from '../traffic/router.ts';
import type { ObservedDeployment, ObservedReplicaSet } from '../workload/workload.ts';
import type { ObservedPods } from './canary/pod-health.ts';
import type { ResidualTraffic } from './canary/residual-traffic.ts';
import type { Problem } from './reasons/catalogue.ts';

/** The state of a run of a check: running, or ended. */
export interface CheckReport {
  readonly metric: string;
  /** Number of the run in this Release. */
  readonly run: number;
  readonly state: { readonly note: string } | CheckRunEnd;
}

/**
 * Everything that one pass over a release is decided from. Read before anything is written. Plain data: after a round
 * trip through JSON, the decision is the same.
 */
export interface Observation {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Maximum time for which the data plane gathers changes before it applies them, milliseconds. */
  readonly gatherMs: number;
  readonly release: Release;
  /** The Rollout is gone or being deleted, or the Deployment has opted out. */
  readonly policyGone: Problem | null;
  readonly deployment: ObservedDeployment | null;
  readonly canary: ObservedReplicaSet | null;
  readonly stable: ObservedReplicaSet | null;
  /** ReplicaSets of the Deployment that already have the canary's template, from an earlier release. */
  readonly twins: readonly ObservedReplicaSet[];
  /** Identity of the stable template, as recorded in the Release. */
  readonly stableRevision: string;
  /** The router's input; null before a plan exists. */
  readonly routes: RouteContext | null;
  /** uids of the objects that the release has created, besides the user's routes. */
  readonly routeObjects: readonly string[];
  /** Warnings about the routes; absent if unknown. */
  readonly warnings?: readonly RouteWarning[];
  /** Requests are known to bypass the split, by the existing routes and Services. */
  readonly isBypassed: boolean;
  /** Only read while Pending: the plan for the routes, or why no release can start. */
  readonly preflight: { readonly plan: RoutePlan } | { readonly problem: Problem } | null;
  /** The routes as planned while Pending, where nothing but the metrics remains to be checked. */
  readonly planned: RoutePlan | null;
  /** The canary's pods, if they were read: while they are not all ready. */
  readonly pods?: ObservedPods;
  /** Whether the canary's pods have answered their warm-up requests, or what is missing. Unknown means cold. */
  readonly warmth?: 'warm' | { readonly cold: string };
  /** Progress of the checks that are due. */
  readonly checks?: readonly CheckReport[];
  /** Why the canary must wait for its pods: others of the namespace use the budget. */
  readonly shortage?: Problem | null;
  /** Somebody reverts the routes whenever they are written. */
  readonly contest?: Contest;
  /** Writes of this release that the API server refuses. */
  readonly refusals?: Refusals;
  /** Since when this process knows that the pods are gone which the routes still keep from requests, epoch milliseconds. */
  readonly departedAt?: number;
  /** Counters of the window that was due, if any. */
  readonly window: WindowSamples | null;
  /** The canary's requests at weight 0, if measured: before its first weight, and before its pods are removed. */
  readonly residual?: ResidualTraffic;
}

/** An observation with the router that compares its routes. */
export interface DecisionContext extends Observation {
  readonly router: Pick<Router, 'name' | 'compare'>;
}

/** Somebody who reverts the routes whenever they are written. */
export interface Contest {
  /** The last written object, and the name of the writer (field manager). */
  readonly written: RoutesWritten;
  /** How often in a row. */
  readonly times: number;
  /** When it is over, if nothing more happens; epoch milliseconds. */
  readonly quietAt: number;
}

/** A part of a release's writes: each is tried, refused and reported separately. */
export type Part = 'routes' | 'replicaSet' | 'deployment';

/** A write that the API server refused at the last try. */
export interface Refusal {
  /** The goal of the write, see `partGoal`. */
  readonly goal: string;
  /** The API server's error. */
  readonly why: string;
}

/** The refused parts, as far as this process has tried them. */
export type Refusals = Partial<Record<Part, Refusal>>;
