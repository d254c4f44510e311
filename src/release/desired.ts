import type { Release, ReleaseSpec, ReleaseStatus } from '../api/release/release.ts';
import type { RouteGoal, RouteState } from '../traffic/goal.ts';
import type { Template } from '../workload/workload.ts';
import { sizeWhileBorrowed } from './canary/borrowed-pod.ts';
import type { DecisionContext } from './observed.ts';
import { reasonInfo } from './reasons/catalogue.ts';
import type { StageColumns } from './stages/columns.ts';
import { stageOf } from './stages/table.ts';

/** Goal of the canary ReplicaSet. `absent`: its pods are removed first, then the ReplicaSet. */
export type CanaryGoal =
  | { readonly kind: 'leave' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'detached'; readonly replicas: number }
  | { readonly kind: 'handedOver' };

/**
 * Goal of the Deployment. A resume is bound to the version that may be rolled out, and a template to the version that
 * it may replace, so that a simultaneous push is never released unchecked nor overwritten.
 */
export type DeploymentGoal =
  | { readonly kind: 'leave' }
  | { readonly kind: 'resumed'; readonly on: 'stable' | 'canary' }
  /** Paused by the gate in the middle of the update to this version, as a person asked. */
  | { readonly kind: 'stopped' }
  /** Another size, if it still has the known one. */
  | { readonly kind: 'sized'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'template';
      readonly template: Template | 'canary';
      readonly replaces: 'any' | 'stable' | 'canary';
      readonly paused: boolean;
    };

/** The desired state outside, as a function of the stored status: computed in every pass. */
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
 * Weight 0, unless stable cannot take all traffic: while an update is reverted, the canary keeps what the ready stable
 * pods are too few for, in its own subset, or together with stable if that subset could become empty at any moment.
 */
function returning({ weight, shared }: ReleaseStatus): RouteGoal {
  return shared === true || weight === 100 ? PREPARED : { kind: 'split', weight };
}

/**
 * A canary with all traffic keeps it until the last pods of stable are gone, so that none of them gets a request again
 * right before it is removed. Without a ready pod of its own, whatever is ready serves.
 */
function keptWhole({ weight, shared }: ReleaseStatus): RouteGoal {
  return weight === 100 && shared !== true ? { kind: 'split', weight } : PREPARED;
}

const ROUTES: Readonly<Record<StageColumns['route'], (status: ReleaseStatus) => RouteGoal | null>> = {
  none: () => null,
  // If a proxy learns of subsets together with a route to them, its requests fail, so subsets come first. And routes to
  // stable's subset are restored before the handover, which can remove stable's last pods at once.
  prepared: () => PREPARED,
  untouched: () => UNTOUCHED,
  closed: () => ({ kind: 'split', weight: 0 }),
  split: ({ weight, match, mirror, sticky }) => ({
    kind: 'split',
    weight,
    ...(match === undefined ? {} : { match }),
    ...(mirror === undefined ? {} : { mirror }),
    ...(sticky === undefined ? {} : { sticky }),
  }),
  withdrawn: () => WITHDRAWN,
  keptWhole,
  returning,
};

/** The routes that a status asks for; null if they are not ours (yet, or any longer). */
export function routeGoal(status: ReleaseStatus): RouteGoal | null {
  return status.plan === undefined ? null : ROUTES[stageOf(status).route](status);
}

/** The routes compared with what the status asks for; null if it has no goal, or no plan exists. */
export function routeStateOf(
  { router, routes }: Pick<DecisionContext, 'router' | 'routes'>,
  status: ReleaseStatus,
): RouteState | null {
  const goal = routeGoal(status);
  return goal === null || routes === null ? null : router.compare(routes, goal);
}

/**
 * The weight that a goal gives the canary; null if the routes do not name versions, so that all ready pods share the
 * traffic.
 */
export function goalWeight(goal: RouteGoal): number | null {
  if (goal.kind === 'split') return goal.weight;
  return goal.kind === 'withdrawn' ? 0 : null;
}

/** Whether a goal keeps all requests, and all copies of them, from the canary. */
export function isWithdrawn(goal: RouteGoal): boolean {
  return goalKey(goal) === 'split:0';
}

/** What a goal gives the canary, for people: `weight 10`, `weight 0, matches and a mirror of 20 %`. */
export function goalText(goal: RouteGoal): string | null {
  const weight = goalWeight(goal);
  if (weight === null) return null;
  const { match, mirror } = goal.kind === 'split' ? goal : {};
  return [`weight ${weight}`, match && 'the matches', mirror && `a mirror of ${mirror} %`]
    .filter(Boolean)
    .join(', ');
}

/**
 * A goal as one word, to detect a change. A canary that already had weight 0 is withdrawn by the same routes: the time
 * since they were confirmed continues.
 */
export function goalKey(goal: RouteGoal | null): string | undefined {
  if (goal === null) return undefined;
  if (goal.kind === 'withdrawn') return 'split:0';
  if (goal.kind === 'split') return splitKey(goal);
  return goal.kind === 'prepared' ? 'whole' : 'cleared';
}

/** The matches of a release only become more: their number identifies them. */
function splitKey({ weight, match = [], mirror }: Extract<RouteGoal, { kind: 'split' }>): string {
  const matches = match.length === 0 ? '' : `,match:${match.length}`;
  return `split:${weight}${matches}${mirror === undefined ? '' : `,mirror:${mirror}`}`;
}

const CANARIES: Readonly<Record<StageColumns['canary'], (status: ReleaseStatus) => CanaryGoal>> = {
  left: () => LEAVE,
  detached: ({ replicas }) => ({ kind: 'detached', replicas }),
  handedOver: () => ({ kind: 'handedOver' }),
  absent: ({ handedOver }) => (handedOver === true ? LEAVE : { kind: 'absent' }),
};

/** A Deployment after an abort: held with what was pushed, unless the policy or a person says otherwise. */
function finalDeployment(spec: ReleaseSpec, status: ReleaseStatus): DeploymentGoal {
  const { handedOver, next, reason, outcome } = status;
  if (handedOver === true) {
    return next === undefined
      ? LEAVE
      : { kind: 'template', template: next, replaces: 'stable', paused: true };
  }
  if (reasonInfo(reason).resumes === true) return { kind: 'resumed', on: 'stable' };
  const isReverted = outcome === 'Aborted' || reasonInfo(reason).reverts === true;
  return isReverted && spec.policy.onAbort === 'revert'
    ? { kind: 'template', template: spec.stable.template, replaces: 'canary', paused: false }
    : LEAVE;
}

/**
 * A pod is borrowed while the canary starts, and returned when the canary is gone, or serves as a pod of the
 * Deployment.
 */
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
  canary: (spec, { next }) => {
    if (next !== undefined) return { kind: 'template', template: 'canary', replaces: 'any', paused: false };
    return spec.paused === true ? { kind: 'stopped' } : { kind: 'resumed', on: 'canary' };
  },
  newer: (_spec, { next }) =>
    next === undefined ? LEAVE : { kind: 'template', template: next, replaces: 'canary', paused: true },
  stable: ({ stable }) => ({ kind: 'template', template: stable.template, replaces: 'any', paused: false }),
  final: finalDeployment,
};

/** The desired state of a Release. */
export function desiredOf({ spec }: Pick<Release, 'spec'>, status: ReleaseStatus): Desired {
  const { canary, workload } = stageOf(status);
  return {
    route: routeGoal(status),
    canary: CANARIES[canary](status),
    deployment: DEPLOYMENTS[workload](spec, status),
  };
}
