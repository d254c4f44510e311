import type { ReleaseStatus } from '../../api/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import { gateDeadline, gateMessage, isOpen } from '../gates/approval.ts';
import type { MachineEvent } from '../machine.ts';
import type { DecisionContext, Observation } from '../observed.ts';
import type { Reason } from '../reasons/catalogue.ts';

/** How a stage stands: it has been brought about, or what it waits for and when that may have changed by itself. */
export type Progress =
  | {
      readonly kind: 'event';
      readonly event: MachineEvent;
      readonly reason: Reason;
      readonly message: string;
    }
  | {
      readonly kind: 'wait';
      readonly reason: Reason;
      readonly message: string;
      /** Epoch milliseconds. */
      readonly until?: number;
      /** The gate that a person must open. */
      readonly gate?: string;
    };

/** How one stage stands, by what is observed. */
export type StageProgress = (observation: DecisionContext, status: ReleaseStatus) => Progress;

type Plain = Exclude<MachineEvent['type'], 'abandon'>;

/** Something that has come about. */
export function event(type: Plain, reason: Reason, message: string): Progress {
  return { kind: 'event', event: { type }, reason, message };
}

/** The stage has been brought about. */
export function proceed(reason: Reason, message: string): Progress {
  return event('proceed', reason, message);
}

/** Something that has not come about yet. */
export function wait(reason: Reason, message: string, until?: number): Progress {
  return { kind: 'wait', reason, message, ...(until === undefined ? {} : { until }) };
}

/** A person has told the release to stay where it is. */
export const PAUSED: Progress = wait('Paused', 'paused by spec.paused; analysis continues');

/** When a confirmed route is in force in every proxy; null while it is not even confirmed. */
export function settledAt(observation: Observation, status: ReleaseStatus): number | null {
  if (status.routeConfirmedAt === undefined) return null;
  return Date.parse(status.routeConfirmedAt) + durationMs(observation.release.spec.policy.settle);
}

/** `then`, once the routes are as they are to be, in every proxy; it is told since when, epoch milliseconds. */
export function routed(
  observation: Observation,
  status: ReleaseStatus,
  then: (since: number) => Progress,
): Progress {
  const at = settledAt(observation, status);
  if (at === null) return wait('RoutesPending', 'the routes are being written');
  return observation.now >= at
    ? then(at)
    : wait('RoutesSettling', 'the routes are written; waiting until every proxy has them', at);
}

/**
 * `then`, once the subsets can go that no route names any more. In each push a proxy is told of subsets before it is told
 * of routes: where their end reaches it together with the routes that no longer name them, requests fail in between. So
 * they stay until istiod has surely pushed the routes by themselves, and every proxy has had time to take them.
 */
export function unnamed(observation: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  return routed(observation, status, (since) => {
    const at = since + observation.gatherMs;
    return observation.now < at
      ? wait('RoutesSettling', 'no route names the subsets; they go when no proxy can still know one', at)
      : then();
  });
}

/** `then`, unless a person must open the gate first, or has told the release to stay where it is. */
export function gated(
  observation: Observation,
  status: ReleaseStatus,
  gate: string,
  then: () => Progress,
): Progress {
  const { release, now } = observation;
  if (release.spec.paused === true) return PAUSED;
  if (isOpen(release, gate)) return then();
  const since = Date.parse(status.waitingSince ?? '') || now;
  const deadline = gateDeadline(release, since);
  const late = deadline !== undefined && now >= deadline;
  return {
    kind: 'wait',
    reason: late ? 'ApprovalOverdue' : 'WaitingForApproval',
    message: gateMessage(release, gate, since, now),
    ...(late || deadline === undefined ? {} : { until: deadline }),
    gate,
  };
}

/** How often a release that waits for others looks whether they are done. */
const BUDGET_MS = 3_000;

/** `then`, where the budget of the namespace has room for the canary. */
export function roomy({ shortage = null, now }: Observation, then: () => Progress): Progress {
  return shortage === null ? then() : wait(shortage.reason, shortage.message, now + BUDGET_MS);
}

/** Whether the canary ReplicaSet has been seen to belong to the Deployment. */
export function isHandedOver({ canary, deployment }: Observation): boolean {
  return canary !== null && deployment !== null && canary.ownerUid === deployment.uid;
}

/** The Deployment was paused by a person, and not by the gate: that is respected. */
export function pausedByOwner({ deployment }: Observation): Progress | null {
  if (deployment === null || !deployment.paused || deployment.held) return null;
  return wait(
    'PausedByOwner',
    `Deployment ${deployment.name} was paused by its owner (spec.paused); to continue: kubectl rollout resume deployment/${deployment.name}`,
  );
}
