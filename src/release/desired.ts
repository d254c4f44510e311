import type { Release, ReleaseSpec, ReleaseStatus } from '../api/release.ts';
import type { RouteGoal, RouteState } from '../traffic/router.ts';
import type { Template } from '../workload/workload.ts';
import { sizeWhileBorrowed } from './canary/borrowed-pod.ts';
import type { DecisionContext } from './observed.ts';

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

const WHOLE: RouteGoal = { kind: 'whole', subsets: true };
const CLEARED: RouteGoal = { kind: 'whole', subsets: false };
const WITHDRAWN: RouteGoal = { kind: 'withdrawn' };
const LEAVE = { kind: 'leave' } as const;

/** The routes that a status asks for; null where they are not ours (yet, or any more). */
export function routeGoal(status: ReleaseStatus): RouteGoal | null {
  if (status.routes === undefined) return null;
  switch (status.phase) {
    case 'Starting':
      return startingRoute(status);
    case 'Stepping':
      return { kind: 'split', weight: status.weight };
    case 'Promoting':
      return promotingRoute(status);
    case 'Aborting':
      return abortingRoute(status);
    case 'Pending':
    case 'Promoted':
    case 'Aborted':
    case 'Superseded':
    case 'Cancelled':
      return null;
  }
}

/** The subsets first: a proxy that learns of them in the same moment as of a route to them fails its requests. */
function startingRoute({ stage }: ReleaseStatus): RouteGoal {
  return stage === 'Preparing' ? WHOLE : { kind: 'split', weight: 0 };
}

/** Whole before the handover already: it can take stable's last pods away at once, and its subset would be empty. */
function promotingRoute(status: ReleaseStatus): RouteGoal {
  if (status.stage === 'Sizing') return { kind: 'split', weight: status.weight };
  return status.stage === 'CleaningUp' || status.stage === 'RestoringNewerTemplate' ? CLEARED : WHOLE;
}

/**
 * Weight 0, except where stable cannot take it all: while somebody's own rolling update replaces it (`BypassingSubsets`), and
 * on the way back to it (`ReturningToStable`), when the canary keeps what the ready stable pods are too few for: in a subset of
 * its own, or beside stable where that subset could be empty at any moment.
 */
function abortingRoute({ stage, weight, shared }: ReleaseStatus): RouteGoal {
  if (stage === 'CleaningUp') return CLEARED;
  if (stage === 'RestoringRoutes' || stage === 'BypassingSubsets') return WHOLE;
  if (stage === 'ReturningToStable')
    return shared === true || weight === 100 ? WHOLE : { kind: 'split', weight };
  return WITHDRAWN;
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
  if (goal.kind === 'whole') return null;
  return goal.kind === 'split' ? goal.weight : 0;
}

/**
 * A goal as one word, to notice that it has changed. A canary that had weight 0 already is withdrawn by the same routes:
 * since when they are there goes on to count.
 */
export function goalKey(goal: RouteGoal | null): string | undefined {
  if (goal === null) return undefined;
  if (goal.kind === 'withdrawn') return 'split:0';
  if (goal.kind === 'split') return `split:${goal.weight}`;
  return goal.subsets ? 'whole' : 'cleared';
}

function canaryGoal({ phase, stage, replicas, handedOver }: ReleaseStatus): CanaryGoal {
  const detached = { kind: 'detached', replicas } as const;
  if (phase === 'Stepping') return detached;
  if (phase === 'Starting') return stage === 'Loading' ? detached : LEAVE;
  if (phase === 'Promoting') {
    if (stage === 'HandingOver') return { kind: 'handedOver' };
    return stage === 'Sizing' || stage === 'RestoringRoutes' ? detached : LEAVE;
  }
  if (phase !== 'Aborting' || handedOver === true) return LEAVE;
  return stage === 'Draining' || stage === 'BypassingSubsets' ? LEAVE : { kind: 'absent' };
}

function clearedDeployment(spec: ReleaseSpec, status: ReleaseStatus): DeploymentGoal {
  const { handedOver, next, reason, outcome } = status;
  if (handedOver === true) {
    return next === undefined
      ? LEAVE
      : { kind: 'template', template: next, replaces: 'stable', paused: true };
  }
  if (reason === 'TemplateReverted') return { kind: 'resumed', on: 'stable' };
  return outcome === 'Aborted' && spec.policy.onAbort === 'revert'
    ? { kind: 'template', template: spec.stable.template, replaces: 'canary', paused: false }
    : LEAVE;
}

/** A pod is borrowed while the canary starts, and given back when it is gone, or serves as a pod of the Deployment. */
function borrowedSize({ phase, stage, borrowed }: ReleaseStatus): DeploymentGoal | null {
  if (borrowed === undefined) return null;
  const lent = sizeWhileBorrowed(borrowed);
  if (phase === 'Starting' && stage === 'Loading') return { kind: 'sized', from: borrowed, to: lent };
  const isOver =
    (phase === 'Promoting' && stage === 'CleaningUp') ||
    (phase === 'Aborting' && stage === 'RestoringRoutes');
  return isOver ? { kind: 'sized', from: lent, to: borrowed } : null;
}

function deploymentGoal(spec: ReleaseSpec, status: ReleaseStatus): DeploymentGoal {
  const { phase, stage, next } = status;
  if (phase === 'Promoting' && stage === 'Updating') {
    return next === undefined
      ? { kind: 'resumed', on: 'canary' }
      : { kind: 'template', template: 'canary', replaces: 'any', paused: false };
  }
  if (phase === 'Promoting' && stage === 'RestoringNewerTemplate' && next !== undefined) {
    return { kind: 'template', template: next, replaces: 'canary', paused: true };
  }
  const sized = borrowedSize(status);
  if (sized !== null) return sized;
  if (phase !== 'Aborting') return LEAVE;
  if (stage === 'ReturningToStable')
    return { kind: 'template', template: spec.stable.template, replaces: 'any', paused: false };
  return stage === 'CleaningUp' ? clearedDeployment(spec, status) : LEAVE;
}

/** What a Release asks for. */
export function desiredOf(release: Pick<Release, 'spec'>, status: ReleaseStatus): Desired {
  return {
    route: routeGoal(status),
    canary: canaryGoal(status),
    deployment: deploymentGoal(release.spec, status),
  };
}
