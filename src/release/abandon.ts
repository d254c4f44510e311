import { formatDuration } from '../api/duration.ts';
import type { ReleaseStatus } from '../api/release.ts';
import type { Outcome } from './machine.ts';
import type { Seen } from './seen.ts';

/** Why a release does not go on, and how it is to end. */
export interface Abandonment {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly message: string;
}

type Rule = (seen: Seen, status: ReleaseStatus) => Abandonment | null;

const cancelled = (reason: string, message: string): Abandonment => ({
  outcome: 'Cancelled',
  reason,
  message,
});
const aborted = (reason: string, message: string): Abandonment => ({ outcome: 'Aborted', reason, message });

const abortAsked: Rule = ({ release: { spec } }) => {
  if (spec.abort === undefined) return null;
  const why = spec.abort.reason === undefined ? '' : `: ${spec.abort.reason}`;
  return aborted('AbortRequested', `abort was requested by ${spec.abort.by ?? 'somebody'}${why}`);
};

const workloadGone: Rule = ({ deployment, release: { spec } }) =>
  deployment === null || deployment.deleting
    ? cancelled('WorkloadDeleted', `Deployment ${spec.workload.name} has been deleted`)
    : null;

const policyGone: Rule = ({ policyGone: gone }) =>
  gone === null ? null : cancelled(gone.reason, `${gone.message}; the Deployment stays paused on stable`);

const reverted: Rule = ({ deployment, stableRevision }) =>
  deployment?.revision === stableRevision
    ? cancelled('TemplateReverted', 'the pod template of the Deployment is that of stable again')
    : null;

const superseded: Rule = ({ deployment, release: { spec } }, status) => {
  if (deployment === null || deployment.revision === spec.revision || status.handedOver === true) return null;
  return {
    outcome: 'Superseded',
    reason: 'NewerRevision',
    message: `the Deployment has a newer pod template (${deployment.revision})`,
  };
};

const holdLifted: Rule = ({ deployment }, status) =>
  deployment === null || deployment.paused || status.handedOver === true
    ? null
    : cancelled('HoldLifted', 'somebody resumed the Deployment; its own rolling update goes on');

const failed: Rule = (_seen, status) => {
  if (status.verdict !== 'fail') return null;
  const failing = status.analysis?.metrics.filter((metric) => metric.verdict === 'fail') ?? [];
  return aborted('AnalysisFailed', failing.map((metric) => metric.message).join('; '));
};

const routeBroken: Rule = ({ routeState }, status) => {
  if (status.phase !== 'Starting' && status.phase !== 'Stepping') return null;
  const state = routeState({ kind: 'split', weight: status.weight });
  return state?.kind === 'broken' ? aborted(state.reason, state.message) : null;
};

const overdue: Rule = ({ now, release }, status) => {
  if (status.deadline === undefined || now < Date.parse(status.deadline)) return null;
  const { deadlines, analysis } = release.spec.policy;
  if (status.phase === 'Starting') {
    return aborted(
      'StartDeadlineExceeded',
      `${status.readyReplicas ?? 0} of ${status.replicas} canary pods were available after ${deadlines.start} (deadlines.start)`,
    );
  }
  if (status.phase !== 'Stepping' || analysis.onTimeout !== 'abort') return null;
  return aborted(
    'StepDeadlineExceeded',
    `step ${status.stepText ?? ''} did not pass within ${deadlines.step} (deadlines.step)`,
  );
};

const unhealthyTooLong: Rule = ({ now, release }, status) => {
  if (status.stage !== 'Recovering' || status.unhealthySince === undefined) return null;
  const { unhealthyGrace } = release.spec.policy;
  const since = now - Date.parse(status.unhealthySince);
  return status.deadline !== undefined && now >= Date.parse(status.deadline)
    ? aborted(
        'CanaryUnhealthy',
        `no canary pod has been ready for ${formatDuration(since)} (unhealthyGrace ${unhealthyGrace})`,
      )
    : null;
};

/** In the order in which they win: what people said first, then what the workload says, then what was measured. */
const RULES: readonly Rule[] = [
  workloadGone,
  abortAsked,
  policyGone,
  reverted,
  superseded,
  holdLifted,
  failed,
  routeBroken,
  unhealthyTooLong,
  overdue,
];

/** The first reason not to go on, or null. A release that is ending or has ended has none. */
export function abandonment(seen: Seen, status: ReleaseStatus): Abandonment | null {
  if (!['Pending', 'Starting', 'Stepping', 'Promoting'].includes(status.phase)) return null;
  if (status.stage === 'Clearing' || status.stage === 'Yielding') return null;
  for (const rule of RULES) {
    const found = rule(seen, status);
    if (found !== null) return found;
  }
  return null;
}
