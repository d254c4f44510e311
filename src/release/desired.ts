import type { Release, ReleaseSpec, ReleaseStatus } from '../api/release.ts';
import type { RouteGoal } from '../traffic/router.ts';
import type { Template } from './workload.ts';

/** What is to be the case with the canary ReplicaSet. */
export type CanaryGoal =
  | { readonly kind: 'leave' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'detached'; readonly replicas: number }
  | { readonly kind: 'handedOver' };

/** What is to be the case with the Deployment. `letGo` takes the gate off and leaves it paused. */
export type DeploymentGoal =
  | { readonly kind: 'leave' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'template'; readonly template: Template | 'canary'; readonly paused: boolean }
  | { readonly kind: 'letGo' };

/** All that is to be the case outside, as a function of what is persisted: computed afresh in every pass. */
export interface Desired {
  readonly route: RouteGoal | null;
  readonly canary: CanaryGoal;
  readonly deployment: DeploymentGoal;
}

const WHOLE: RouteGoal = { kind: 'whole', subsets: true };
const CLEARED: RouteGoal = { kind: 'whole', subsets: false };

/** The routes that a status asks for; null where they are not ours (yet, or any more). */
export function routeGoal(status: ReleaseStatus): RouteGoal | null {
  if (status.routes === undefined) return null;
  switch (status.phase) {
    case 'Starting':
      return { kind: 'split', weight: 0 };
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

function promotingRoute(status: ReleaseStatus): RouteGoal {
  if (status.stage === 'Clearing' || status.stage === 'Yielding') return CLEARED;
  if (status.stage === 'Rejoining' || status.stage === 'Updating') return WHOLE;
  return { kind: 'split', weight: status.weight };
}

function abortingRoute(status: ReleaseStatus): RouteGoal {
  if (status.stage === 'Clearing') return CLEARED;
  if (status.stage === 'Rejoining' || status.stage === 'Retreating') return WHOLE;
  return { kind: 'split', weight: 0 };
}

/** A goal as one word, to notice that it has changed. */
export function goalKey(goal: RouteGoal | null): string | undefined {
  if (goal === null) return undefined;
  if (goal.kind === 'split') return `split:${goal.weight}`;
  return goal.subsets ? 'whole' : 'cleared';
}

function canaryGoal(status: ReleaseStatus): CanaryGoal {
  const { phase, stage } = status;
  if (phase === 'Starting')
    return stage === 'Loading' ? { kind: 'detached', replicas: status.replicas } : { kind: 'leave' };
  if (phase === 'Stepping') return { kind: 'detached', replicas: status.replicas };
  if (phase === 'Promoting' && stage === 'Sizing') return { kind: 'detached', replicas: status.replicas };
  if (phase === 'Promoting' && stage === 'HandingOver') return { kind: 'handedOver' };
  if (phase !== 'Aborting' || stage === 'Draining' || status.handedOver === true) return { kind: 'leave' };
  return { kind: 'absent' };
}

/** Reasons for which a release ends because its policy does not exist any more. */
const POLICY_GONE: readonly string[] = ['RolloutDeleted', 'ReleaseDeleted', 'OptedOut'];

function abortedDeployment(spec: ReleaseSpec, status: ReleaseStatus): DeploymentGoal {
  const reason = status.reason ?? '';
  if (status.stage === 'Retreating')
    return { kind: 'template', template: spec.stable.template, paused: false };
  if (status.stage !== 'Clearing' || status.handedOver === true) return { kind: 'leave' };
  if (reason === 'RolloutDeleted' || reason === 'OptedOut') return { kind: 'letGo' };
  if (POLICY_GONE.includes(reason)) return { kind: 'leave' };
  if (reason === 'TemplateReverted') return { kind: 'resumed' };
  if (status.outcome === 'Aborted' && spec.policy.onAbort === 'revert') {
    return { kind: 'template', template: spec.stable.template, paused: false };
  }
  return { kind: 'leave' };
}

function deploymentGoal(spec: ReleaseSpec, status: ReleaseStatus): DeploymentGoal {
  if (status.phase === 'Promoting' && status.stage === 'Updating') {
    return status.next === undefined
      ? { kind: 'resumed' }
      : { kind: 'template', template: 'canary', paused: false };
  }
  if (status.phase === 'Promoting' && status.stage === 'Yielding' && status.next !== undefined) {
    return { kind: 'template', template: status.next, paused: true };
  }
  return status.phase === 'Aborting' ? abortedDeployment(spec, status) : { kind: 'leave' };
}

/** What a Release asks for. */
export function desiredOf(release: Pick<Release, 'spec'>, status: ReleaseStatus): Desired {
  return {
    route: routeGoal(status),
    canary: canaryGoal(status),
    deployment: deploymentGoal(release.spec, status),
  };
}
