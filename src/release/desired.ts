import type { Release, ReleaseSpec, ReleaseStatus } from '../api/release.ts';
import type { RouteGoal, RouteState } from '../traffic/goal.ts';
import type { Template } from '../workload/workload.ts';
import { sizeWhileBorrowed } from './canary/borrowed-pod.ts';
import type { DecisionContext } from './observed.ts';
import { reasonInfo } from './reasons/catalogue.ts';
import type { StageColumns } from './stages/columns.ts';
import { stageOf } from './stages/table.ts';

/** What is to be the case with the canary ReplicaSet. `absent`: its pods first, and then the ReplicaSet. */
export type CanaryGoal =
  | { readonly kind: 'leave' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'detached'; readonly replicas: number }
  | { readonly kind: 'handedOver' };

/**
 * What is to be the case with the Deployment. A resume is bound to the version that may go on, and a template to the
 * version that it may replace, so that a push that comes at the same moment is never let through nor overwritten.
 */
export type DeploymentGoal =
  | { readonly kind: 'leave' }
  | { readonly kind: 'resumed'; readonly on: 'stable' | 'canary' }
  /** Another size, where it still is the one that was known. */
  | { readonly kind: 'sized'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'template';
      readonly template: Template | 'canary';
      readonly replaces: 'any' | 'stable' | 'canary';
      readonly paused: boolean;
    };

/** All that is to be the case outside, as a function of what is persisted: computed afresh in every pass. */
export interface Desired {
  readonly route: RouteGoal | null;
  readonly canary: CanaryGoal;
  readonly deployment: DeploymentGoal;
}

const PREPARED: RouteGoal = { kind: 'prepared' };
const UNTOUCHED: RouteGoal = { kind: 'untouched' };
const WITHDRAWN: RouteGoal = { kind: 'withdrawn' };
const LEAVE = { kind: 'leave' } as const;

/**
 * Weight 0, except where stable cannot take it all: on the way back to it the canary keeps what the ready stable pods are too
 * few for: in a subset of its own, or beside stable where that subset could be empty at any moment.
 */
function returning({ weight, shared }: ReleaseStatus): RouteGoal {
  return shared === true || weight === 100 ? PREPARED : { kind: 'split', weight };
}

const ROUTES: Readonly<Record<StageColumns['route'], (status: ReleaseStatus) => RouteGoal | null>> = {
  none: () => null,
  // A proxy that learns of subsets in the same moment as of a route to them fails its requests: they come first. And the
  // routes are whole before the handover, which can take stable's last pods away at once.
  prepared: () => PREPARED,
  untouched: () => UNTOUCHED,
  closed: () => ({ kind: 'split', weight: 0 }),
  split: ({ weight }) => ({ kind: 'split', weight }),
  withdrawn: () => WITHDRAWN,
  returning,
};

/** The routes that a status asks for; null where they are not ours (yet, or any more). */
export function routeGoal(status: ReleaseStatus): RouteGoal | null {
  return status.plan === undefined ? null : ROUTES[stageOf(status).route](status);
}

/** How the routes stand against what the status asks for; null where it asks for nothing, or no plan exists. */
export function routeStateOf(
  { router, routes }: Pick<DecisionContext, 'router' | 'routes'>,
  status: ReleaseStatus,
): RouteState | null {
  const goal = routeGoal(status);
  return goal === null || routes === null ? null : router.compare(routes, goal);
}

/** The weight that a goal gives the canary; null where the routes are whole, and every ready pod has its share. */
export function goalWeight(goal: RouteGoal): number | null {
  if (goal.kind === 'split') return goal.weight;
  return goal.kind === 'withdrawn' ? 0 : null;
}

/**
 * A goal as one word, to notice that it has changed. A canary that had weight 0 already is withdrawn by the same routes:
 * since when they are there goes on to count.
 */
export function goalKey(goal: RouteGoal | null): string | undefined {
  if (goal === null) return undefined;
  if (goal.kind === 'withdrawn') return 'split:0';
  if (goal.kind === 'split') return `split:${goal.weight}`;
  return goal.kind === 'prepared' ? 'whole' : 'cleared';
}

const CANARIES: Readonly<Record<StageColumns['canary'], (status: ReleaseStatus) => CanaryGoal>> = {
  left: () => LEAVE,
  detached: ({ replicas }) => ({ kind: 'detached', replicas }),
  handedOver: () => ({ kind: 'handedOver' }),
  absent: ({ handedOver }) => (handedOver === true ? LEAVE : { kind: 'absent' }),
};

/** A Deployment as an abort leaves it: held with what was pushed, unless somebody wants something else. */
function finalDeployment(spec: ReleaseSpec, status: ReleaseStatus): DeploymentGoal {
  const { handedOver, next, reason, outcome } = status;
  if (handedOver === true) {
    return next === undefined
      ? LEAVE
      : { kind: 'template', template: next, replaces: 'stable', paused: true };
  }
  if (reasonInfo(reason).resumes === true) return { kind: 'resumed', on: 'stable' };
  return outcome === 'Aborted' && spec.policy.onAbort === 'revert'
    ? { kind: 'template', template: spec.stable.template, replaces: 'canary', paused: false }
    : LEAVE;
}

/** A pod is borrowed while the canary starts, and given back when it is gone, or serves as a pod of the Deployment. */
function resized({ borrowed }: ReleaseStatus, isLent: boolean): DeploymentGoal {
  if (borrowed === undefined) return LEAVE;
  const lent = sizeWhileBorrowed(borrowed);
  return isLent ? { kind: 'sized', from: borrowed, to: lent } : { kind: 'sized', from: lent, to: borrowed };
}

const DEPLOYMENTS: Readonly<
  Record<StageColumns['workload'], (spec: ReleaseSpec, status: ReleaseStatus) => DeploymentGoal>
> = {
  left: () => LEAVE,
  lending: (_spec, status) => resized(status, true),
  repaid: (_spec, status) => resized(status, false),
  canary: (_spec, { next }) =>
    next === undefined
      ? { kind: 'resumed', on: 'canary' }
      : { kind: 'template', template: 'canary', replaces: 'any', paused: false },
  newer: (_spec, { next }) =>
    next === undefined ? LEAVE : { kind: 'template', template: next, replaces: 'canary', paused: true },
  stable: ({ stable }) => ({ kind: 'template', template: stable.template, replaces: 'any', paused: false }),
  final: finalDeployment,
};

/** What a Release asks for. */
export function desiredOf({ spec }: Pick<Release, 'spec'>, status: ReleaseStatus): Desired {
  const { canary, workload } = stageOf(status);
  return {
    route: routeGoal(status),
    canary: CANARIES[canary](status),
    deployment: DEPLOYMENTS[workload](spec, status),
  };
}
