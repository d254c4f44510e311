import { judgeStep } from '../analysis/judge.ts';
import { durationMs } from '../api/duration.ts';
import type { ReleaseStatus } from '../api/release.ts';
import type { RouteGoal } from '../traffic/router.ts';
import type { MachineEvent } from './machine.ts';
import type { Seen } from './seen.ts';

/** How a stage stands: it has been brought about, or what it waits for and when that may have changed by itself. */
export type Progress =
  | {
      readonly kind: 'event';
      readonly event: MachineEvent;
      readonly reason: string;
      readonly message: string;
    }
  | {
      readonly kind: 'wait';
      readonly reason: string;
      readonly message: string;
      readonly until?: number;
      readonly gate?: string;
    };

const proceed = (reason: string, message: string): Progress => ({
  kind: 'event',
  event: { type: 'proceed' },
  reason,
  message,
});
const wait = (reason: string, message: string, until?: number): Progress => ({
  kind: 'wait',
  reason,
  message,
  ...(until === undefined ? {} : { until }),
});

/** When a confirmed route is in force in every proxy; null while it is not even confirmed. */
function settledAt(seen: Seen, status: ReleaseStatus): number | null {
  if (status.routeConfirmedAt === undefined) return null;
  return Date.parse(status.routeConfirmedAt) + durationMs(seen.release.spec.policy.settle);
}

function routed(seen: Seen, status: ReleaseStatus, then: Progress): Progress {
  const at = settledAt(seen, status);
  if (at === null) return wait('RoutesPending', 'the routes are being written');
  return seen.now >= at
    ? then
    : wait('RoutesSettling', 'the routes are written; waiting until every proxy has them', at);
}

function approved(seen: Seen, gate: string): boolean {
  const { policy, approvals } = seen.release.spec;
  return (
    policy.approval?.at.includes(gate) !== true ||
    (approvals ?? []).some((approval) => approval.gate === gate)
  );
}

function waitForApproval(gate: string): Progress {
  return {
    kind: 'wait',
    reason: 'WaitingForApproval',
    message: `waits for approval of "${gate}": add {gate: "${gate}", reason: …} to spec.approvals of this Release`,
    gate,
  };
}

function pending(seen: Seen): Progress {
  const { preflight, now } = seen;
  if (preflight === null) return wait('Preflight', 'preflight has not run yet', now + 1_000);
  if ('problem' in preflight) return wait(preflight.problem.reason, preflight.problem.message, now + 10_000);
  if (!approved(seen, 'start')) return waitForApproval('start');
  return proceed('PreflightPassed', 'workload, routes and metrics are as they must be');
}

function canaryAvailable(seen: Seen, status: ReleaseStatus): boolean {
  return (
    seen.canary !== null &&
    seen.canary.replicas >= status.replicas &&
    seen.canary.available >= status.replicas
  );
}

function loading(seen: Seen, status: ReleaseStatus): Progress {
  if (canaryAvailable(seen, status))
    return proceed('CanaryReady', `${status.replicas} canary pods are available`);
  return wait(
    'CanaryLoading',
    `${seen.canary?.available ?? 0} of ${status.replicas} canary pods are available`,
  );
}

function analysing(seen: Seen, status: ReleaseStatus): Progress {
  const { policy, metrics, paused, skipStep } = seen.release.spec;
  const next = policy.steps[status.step + 1];
  const gate = next === undefined ? 'promotion' : String(next.weight);
  if (skipStep === status.step)
    return proceed('StepSkipped', `step ${status.stepText ?? ''} was skipped by spec.skipStep`);
  const judged = judgeStep(policy.analysis, status.analysis?.metrics ?? [], metrics);
  const bakedAt = bakeEnd(seen, status);
  if (!judged.ready) return wait('Analysing', judged.message);
  if (seen.now < bakedAt) return wait('Baking', judged.message, bakedAt);
  if (paused === true) return wait('Paused', 'paused by spec.paused; analysis goes on');
  if (!approved(seen, gate)) return waitForApproval(gate);
  return proceed('StepPassed', judged.message);
}

function bakeEnd(seen: Seen, status: ReleaseStatus): number {
  const bake = seen.release.spec.policy.steps[status.step]?.bake;
  const began = settledAt(seen, status) ?? seen.now;
  return bake === undefined ? 0 : began + durationMs(bake);
}

function recovering(seen: Seen, status: ReleaseStatus): Progress {
  if ((seen.canary?.ready ?? 0) > 0) {
    return {
      kind: 'event',
      event: { type: 'recovered' },
      reason: 'CanaryRecovered',
      message: 'a canary pod is ready again',
    };
  }
  return wait('CanaryUnhealthy', 'no canary pod is ready; it has no traffic', deadlineOf(status));
}

function deadlineOf(status: ReleaseStatus): number | undefined {
  return status.deadline === undefined ? undefined : Date.parse(status.deadline);
}

function unhealthy(): Progress {
  return {
    kind: 'event',
    event: { type: 'unhealthy' },
    reason: 'CanaryUnhealthy',
    message: 'no canary pod is ready',
  };
}

function stepping(seen: Seen, status: ReleaseStatus): Progress {
  if (status.stage === 'Recovering') return recovering(seen, status);
  if ((seen.canary?.ready ?? 0) === 0) return unhealthy();
  if (status.stage === 'Scaling') return loading(seen, status);
  if (status.stage === 'Shifting') {
    return routed(
      seen,
      status,
      proceed('WeightInForce', `the canary gets ${status.weight} % of the traffic`),
    );
  }
  return analysing(seen, status);
}

function promoting(seen: Seen, status: ReleaseStatus): Progress {
  const { canary, deployment, twins, release } = seen;
  switch (status.stage) {
    case 'Sizing':
      return (canary?.ready ?? 0) === 0 ? unhealthy() : loading(seen, status);
    case 'HandingOver':
      return canary !== null &&
        deployment !== null &&
        canary.ownerUid === deployment.uid &&
        twins.length === 0
        ? proceed('HandedOver', `ReplicaSet ${canary.name} belongs to the Deployment`)
        : wait('HandingOver', 'the canary ReplicaSet is being handed over to the Deployment');
    case 'Rejoining':
      return routed(seen, status, proceed('RoutesRestored', 'the routes are as the user wrote them'));
    case 'Updating':
      return deployment !== null &&
        !deployment.paused &&
        deployment.complete &&
        deployment.revision === release.spec.revision
        ? proceed('UpdateComplete', `the Deployment runs ${deployment.replicas} pods of the new version`)
        : wait(
            'Updating',
            `${deployment?.readyReplicas ?? 0} of ${deployment?.replicas ?? 0} pods are ready`,
          );
    case 'Clearing':
      return routed(seen, status, proceed('Promoted', 'every step passed and the update is complete'));
    default:
      return deployment?.revision === release.spec.revision
        ? wait('Yielding', 'the newer pod template is being put back')
        : proceed('Promoted', 'every step passed; a newer pod template follows');
  }
}

/** At weight 0 the canary keeps its pods until answers under way are done; one that never had traffic has none. */
function draining(seen: Seen, status: ReleaseStatus): Progress {
  if (status.exposedAt === undefined || isBroken(seen, { kind: 'split', weight: 0 })) {
    return proceed('Drained', 'the canary has no traffic');
  }
  if (status.routeConfirmedAt === undefined)
    return wait('RoutesPending', 'the canary is being taken out of the routes');
  const { drain, settle } = seen.release.spec.policy;
  const until = Date.parse(status.routeConfirmedAt) + Math.max(durationMs(drain), durationMs(settle));
  return seen.now >= until
    ? proceed('Drained', 'the canary has had no traffic for long enough')
    : wait('Draining', 'answers under way are finished', until);
}

function isBroken(seen: Seen, goal: RouteGoal): boolean {
  const state = seen.routeState(goal);
  return state === null || state.kind === 'broken';
}

function aborting(seen: Seen, status: ReleaseStatus): Progress {
  const { canary, deployment } = seen;
  const ours = canary !== null && deployment !== null && canary.ownerUid === deployment.uid;
  if (ours && (status.stage === 'Draining' || status.stage === 'Removing')) {
    return {
      kind: 'event',
      event: { type: 'handedOver' },
      reason: 'HandedOver',
      message: 'the handover had already happened',
    };
  }
  switch (status.stage) {
    case 'Draining':
      return draining(seen, status);
    case 'Removing':
      return canary === null
        ? proceed('CanaryRemoved', 'the canary pods are gone')
        : wait('Removing', 'the canary ReplicaSet is being deleted');
    case 'Retreating':
      return retreated(seen)
        ? proceed('Retreated', 'the Deployment runs stable again')
        : wait('Retreating', 'the rolling update returns to stable');
    case 'Rejoining':
      return isBroken(seen, { kind: 'whole', subsets: true })
        ? proceed('RoutesGone', 'there are no routes to restore')
        : routed(seen, status, proceed('RoutesRestored', 'the routes are as the user wrote them'));
    default:
      return clearing(seen, status);
  }
}

function retreated({ deployment, stableRevision }: Seen): boolean {
  return (
    deployment === null ||
    (!deployment.paused && deployment.complete && deployment.revision === stableRevision)
  );
}

function clearing(seen: Seen, status: ReleaseStatus): Progress {
  const { deployment, stableRevision, release } = seen;
  const goal: RouteGoal = { kind: 'whole', subsets: false };
  if (status.routes !== undefined && !isBroken(seen, goal) && status.routeConfirmedAt === undefined) {
    return wait('RoutesPending', 'our DestinationRule is being removed');
  }
  const reverting = status.outcome === 'Aborted' && release.spec.policy.onAbort === 'revert';
  if (reverting && deployment !== null && (deployment.revision !== stableRevision || deployment.paused)) {
    return wait('Reverting', 'the stable template is being written back');
  }
  const resuming = status.reason === 'TemplateReverted' && deployment?.held === true;
  return resuming
    ? wait('Resuming', 'the Deployment is being resumed')
    : proceed(status.reason ?? 'Ended', status.message ?? '');
}

/** How the current stage stands. Total over every phase and stage that the machine knows. */
export function progressOf(seen: Seen, status: ReleaseStatus): Progress {
  switch (status.phase) {
    case 'Pending':
      return pending(seen);
    case 'Starting':
      return status.stage === 'Routing'
        ? routed(seen, status, proceed('RoutesReady', 'all traffic goes to the stable subset'))
        : loading(seen, status);
    case 'Stepping':
      return stepping(seen, status);
    case 'Promoting':
      return promoting(seen, status);
    case 'Aborting':
      return aborting(seen, status);
    case 'Promoted':
    case 'Aborted':
    case 'Superseded':
    case 'Cancelled':
      return wait(status.reason ?? status.phase, status.message ?? '');
  }
}
