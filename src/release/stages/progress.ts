import type { ReleaseStatus } from '../../api/release/release.ts';
import { gateDeadline, gateMessage, isOpen } from '../gates/approval.ts';
import { inForceAt } from '../in-force.ts';
import type { MachineEvent } from '../machine.ts';
import type { DecisionContext, Observation } from '../observed.ts';
import type { Reason } from '../reasons/catalogue.ts';

/** The progress of a stage: done, or what it waits for and when that may have changed by itself. */
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

/** The progress of one stage, by what is observed. */
export type StageProgress = (observation: DecisionContext, status: ReleaseStatus) => Progress;

type Plain = Exclude<MachineEvent['type'], 'abandon'>;

/** A reached goal. */
export function event(type: Plain, reason: Reason, message: string): Progress {
  return { kind: 'event', event: { type }, reason, message };
}

/** The stage is done. */
export function proceed(reason: Reason, message: string): Progress {
  return event('proceed', reason, message);
}

/** A goal not reached yet. */
export function wait(reason: Reason, message: string, until?: number): Progress {
  return { kind: 'wait', reason, message, ...(until === undefined ? {} : { until }) };
}

/** A person has paused the release. */
export const PAUSED: Progress = wait('Paused', 'paused by spec.paused; analysis continues');

/** When a confirmed route is in force in every proxy; null while it is not confirmed. */
export function settledAt(observation: Observation, status: ReleaseStatus): number | null {
  return inForceAt(observation.release.spec.policy, status);
}

/** `then`, once the routes match the goal in every proxy; it gets the time, epoch milliseconds. */
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
 * `then`, once unused subsets can be removed. In each push a proxy gets subsets before routes: if their removal arrives
 * together with the routes that no longer name them, requests fail in between. So they stay until istiod has surely
 * pushed the routes separately, and every proxy has had time to apply them.
 */
export function unnamed(observation: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  return routed(observation, status, (since) => {
    const at = since + observation.gatherMs;
    return observation.now < at
      ? wait('RoutesSettling', 'no route names the subsets; they go when no proxy can still know one', at)
      : then();
  });
}

/** `then`, unless a person must open the gate first, or has paused the release. */
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

/** How often a release that waits for others checks whether they are done. */
const BUDGET_MS = 3_000;

/** `then`, if the budget of the namespace has room for the canary. */
export function roomy({ shortage = null, now }: Observation, then: () => Progress): Progress {
  return shortage === null ? then() : wait(shortage.reason, shortage.message, now + BUDGET_MS);
}

/** Whether no route tells the versions apart, so that the canary gets the share that its ready pods are. */
export function isByPods({ release }: Pick<Observation, 'release'>): boolean {
  return release.spec.shares === 'pods';
}

/** Whether the canary ReplicaSet has been observed to belong to the Deployment. */
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
