import { judgeStep } from '../../analysis/verdict/judge.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { durationMs, formatDuration } from '../../api/values/duration.ts';
import { routeStateOf } from '../desired.ts';
import { whoOf } from '../gates/approval.ts';
import type { Outcome } from '../machine.ts';
import type { DecisionContext, Observation } from '../observed.ts';
import { type Reason, reasonInfo } from '../reasons/catalogue.ts';
import { queues } from '../rollout/queue.ts';
import type { Progress } from './progress.ts';
import { stageOf } from './table.ts';

/** Why a release does not continue, and how it should end. */
export interface Abandonment {
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly message: string;
}

type Rule = (observation: DecisionContext, status: ReleaseStatus) => Abandonment | null;

const cancelled = (reason: Reason, message: string): Abandonment => ({
  outcome: 'Cancelled',
  reason,
  message,
});
const aborted = (reason: Reason, message: string): Abandonment => ({ outcome: 'Aborted', reason, message });

const abortAsked: Rule = ({ release: { spec } }) => {
  if (spec.abort === undefined) return null;
  const { gate, reason, via, by, onBehalfOf = '' } = spec.abort;
  const who = `${whoOf({ by, onBehalfOf })}${via === undefined ? '' : ` through ${via}`}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return gate === undefined
    ? aborted('AbortRequested', `abort was requested by ${who}${why}`)
    : aborted('Rejected', `"${gate}" was rejected by ${who}${why}`);
};

const workloadGone: Rule = ({ deployment, release: { spec } }) =>
  deployment === null || deployment.deleting
    ? cancelled('WorkloadDeleted', `Deployment ${spec.workload.name} has been deleted`)
    : null;

/** Opting out releases the change unchecked: after the handover, that is already happening. */
const policyGone: Rule = ({ policyGone: gone }, { handedOver }) => {
  if (gone === null) return null;
  if (handedOver !== true)
    return cancelled(gone.reason, `${gone.message}; the Deployment stays paused on stable`);
  return gone.reason === 'OptedOut'
    ? null
    : cancelled(gone.reason, `${gone.message}; the Deployment goes back to stable`);
};

const reverted: Rule = ({ deployment, stableRevision }) =>
  deployment?.revision === stableRevision
    ? cancelled('TemplateReverted', 'the pod template of the Deployment is that of stable again')
    : null;

const superseded: Rule = (observation, status) => {
  const {
    deployment,
    release: { spec },
  } = observation;
  if (deployment === null || deployment.revision === spec.revision || status.handedOver === true) return null;
  if (queues(observation)) return null;
  return {
    outcome: 'Superseded',
    reason: 'NewerRevision',
    message: `the Deployment has a newer pod template (${deployment.revision})`,
  };
};

const holdLifted: Rule = ({ deployment }, status) =>
  deployment === null || deployment.paused || status.handedOver === true
    ? null
    : cancelled('HoldLifted', 'somebody resumed the Deployment; its own rolling update continues');

const failed: Rule = ({ release }, status) => {
  if (status.verdict !== 'fail') return null;
  const { policy, metrics } = release.spec;
  return aborted(
    'AnalysisFailed',
    judgeStep(policy.analysis, status.analysis?.metrics ?? [], metrics).message,
  );
};

/** After the handover the routes are restored, and the release no longer needs them. */
const routeBroken: Rule = (observation, status) => {
  if (status.handedOver === true) return null;
  const state = routeStateOf(observation, status);
  return state?.kind === 'broken' ? aborted(state.reason, state.message) : null;
};

/**
 * Something appeared in mid-release that the policy does not tolerate; before the start, preflight waits until it is
 * gone.
 */
const routesRefused: Rule = ({ warnings }, { phase, handedOver }) => {
  if (phase === 'Pending' || handedOver === true) return null;
  const refusing = warnings?.find(({ refuses }) => refuses === true);
  return refusing === undefined ? null : aborted(refusing.reason, refusing.message);
};

const unhealthyTooLong: Rule = ({ now, release }, status) => {
  if (!stageOf(status).recovers || status.unhealthySince === undefined) return null;
  if (status.replacing === true) return null;
  const { unhealthyGrace } = release.spec.policy;
  const since = now - Date.parse(status.unhealthySince);
  if (since < durationMs(unhealthyGrace)) return null;
  const message = `no canary pod has been ready for ${formatDuration(since)} (unhealthyGrace ${unhealthyGrace})`;
  return aborted('CanaryUnhealthy', message);
};

/** The state of the pods needs no metrics, and also ends a running native update. */
const sick: Rule = ({ pods, now, release }) => {
  if (pods === undefined) return null;
  const { maxRestarts, maxEvictions, notReady } = release.spec.policy.health;
  const { restarts, evictions, lapsed, hopeless } = pods;
  if (hopeless !== null) return aborted('CanaryCannotStart', hopeless);
  if (restarts.count > maxRestarts)
    return aborted('CanaryCrashLoop', `${restarts.text} (health.maxRestarts ${maxRestarts})`);
  if (evictions.count > maxEvictions)
    return aborted('CanaryEvicted', `${evictions.text} (health.maxEvictions ${maxEvictions})`);
  if (lapsed === null || now - lapsed.since < durationMs(notReady)) return null;
  const since = formatDuration(now - lapsed.since);
  return aborted('CanaryNotReady', `${lapsed.text}, since ${since} ago (health.notReady ${notReady})`);
};

/** In order of precedence: people first, then the workload, then the measurements. */
const RULES: readonly Rule[] = [
  workloadGone,
  abortAsked,
  policyGone,
  reverted,
  superseded,
  holdLifted,
  sick,
  failed,
  routeBroken,
  routesRefused,
  unhealthyTooLong,
];

/**
 * After the handover of a Deployment with Recreate nothing else serves: going back would stop all pods first, so only a
 * person may ask for it.
 */
const RULES_OF_RECREATE: readonly Rule[] = [workloadGone, abortAsked];

function rulesFor({ deployment }: DecisionContext, { handedOver }: ReleaseStatus): readonly Rule[] {
  return handedOver === true && deployment?.strategy === 'Recreate' ? RULES_OF_RECREATE : RULES;
}

/** The first reason to end, or null. A release that is ending or has ended has none. */
export function abandonment(observation: DecisionContext, status: ReleaseStatus): Abandonment | null {
  if (!stageOf(status).abandonable) return null;
  for (const rule of rulesFor(observation, status)) {
    const found = rule(observation, status);
    if (found !== null) return found;
  }
  return null;
}

/** Whether a stage has taken longer than its deadline allows. */
export function isLate(observation: Observation, status: ReleaseStatus, waiting: Progress): boolean {
  return (
    waiting.kind === 'wait' &&
    status.deadline !== undefined &&
    observation.now >= Date.parse(status.deadline) &&
    reasonInfo(waiting.reason).hasDeadline
  );
}

/**
 * Pods of a later step, or replacements, have as long as the first ones: if there is no room for them, they will not
 * come.
 */
function neverGrew({ now, release }: Observation, status: ReleaseStatus, { reason }: Progress): boolean {
  if (!stageOf(status).grows || reasonInfo(reason).awaitsPods !== true || status.stageStartedAt === undefined)
    return false;
  return now - Date.parse(status.stageStartedAt) >= durationMs(release.spec.policy.deadlines.start);
}

/** Why a release has waited too long, if that ends it. */
export function expiry(
  observation: Observation,
  status: ReleaseStatus,
  waiting: Progress,
): Abandonment | null {
  const expired = waiting.kind === 'wait' ? reasonInfo(waiting.reason).expired : undefined;
  if (expired === 'approval')
    return observation.release.spec.policy.approval?.onTimeout === 'abort'
      ? aborted('ApprovalTimeout', waiting.message.replace(/: sluice approve .*/, ''))
      : null;
  if (expired === 'test') return cancelled('StableWon', waiting.message);
  const { deadlines, analysis } = observation.release.spec.policy;
  if (expired === 'bake')
    return analysis.onInconclusive === 'abort' ? aborted('BakeExceeded', waiting.message) : null;
  if (
    isLate(observation, status, waiting)
      ? stageOf(status).deadline === 'start'
      : neverGrew(observation, status, waiting)
  ) {
    const message = `the canary was not ready after ${deadlines.start} (deadlines.start): ${waiting.message}`;
    return aborted('StartDeadlineExceeded', message);
  }
  if (!isLate(observation, status, waiting)) return null;
  if (stageOf(status).deadline !== 'step' || analysis.onTimeout !== 'abort') return null;
  const message = `step ${status.stepText ?? ''} did not pass within ${deadlines.step} (deadlines.step): ${waiting.message}`;
  return aborted('StepDeadlineExceeded', message);
}
