import type { ReleaseStatus } from '../../api/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import type { ObservedReplicaSet } from '../../workload/workload.ts';
import { gateDeadline, gateMessage, isOpen } from '../gates/approval.ts';
import type { MachineEvent } from '../machine.ts';
import type { Observation } from '../observed.ts';
import { remedyFor } from '../status/remedy.ts';

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
      /** Epoch milliseconds. */
      readonly until?: number;
      /** The gate that a person must open. */
      readonly gate?: string;
    };

type Plain = Exclude<MachineEvent['type'], 'abandon'>;

/** Something that has come about. */
export function event(type: Plain, reason: string, message: string): Progress {
  return { kind: 'event', event: { type }, reason, message };
}

/** The stage has been brought about. */
export function proceed(reason: string, message: string): Progress {
  return event('proceed', reason, message);
}

/** Something that has not come about yet. */
export function wait(reason: string, message: string, until?: number): Progress {
  return { kind: 'wait', reason, message, ...(until === undefined ? {} : { until }) };
}

/** A person has told the release to stay where it is. */
export const PAUSED: Progress = wait('Paused', 'paused by spec.paused; analysis continues');

/** When a confirmed route is in force in every proxy; null while it is not even confirmed. */
export function settledAt(seen: Observation, status: ReleaseStatus): number | null {
  if (status.routeConfirmedAt === undefined) return null;
  return Date.parse(status.routeConfirmedAt) + durationMs(seen.release.spec.policy.settle);
}

/** `then`, once the routes are as they are to be, in every proxy; it is told since when, epoch milliseconds. */
export function routed(
  seen: Observation,
  status: ReleaseStatus,
  then: (since: number) => Progress,
): Progress {
  const at = settledAt(seen, status);
  if (at === null) return wait('RoutesPending', 'the routes are being written');
  return seen.now >= at
    ? then(at)
    : wait('RoutesSettling', 'the routes are written; waiting until every proxy has them', at);
}

/**
 * `then`, once the subsets can go that no route names any more. In each push a proxy is told of subsets before it is told
 * of routes: where their end reaches it together with the routes that no longer name them, requests fail in between. So
 * they stay until istiod has surely pushed the routes by themselves, and every proxy has had time to take them.
 */
export function unnamed(seen: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  return routed(seen, status, (since) => {
    const at = since + seen.debounceMaxMs;
    return seen.now < at
      ? wait('RoutesSettling', 'no route names the subsets; they go when no proxy can still know one', at)
      : then();
  });
}

/** `then`, unless a person must open the gate first, or has told the release to stay where it is. */
export function gated(
  seen: Observation,
  status: ReleaseStatus,
  gate: string,
  then: () => Progress,
): Progress {
  const { release, now } = seen;
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

/** Whether the canary has all its pods, ready for minReadySeconds. */
export function canaryAvailable({ canary }: Observation, status: ReleaseStatus): boolean {
  return canary !== null && canary.replicas >= status.replicas && canary.available >= status.replicas;
}

interface SetStatus {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly message?: string;
    readonly lastTransitionTime?: string;
  }[];
}

/** Pods that the API server refuses, and since when; epoch milliseconds. */
interface PodsRefused {
  readonly why: string;
  readonly since: number;
}

/** Why no pods are made: a quota, or what another admission policy says. */
function refusedPods(set: ObservedReplicaSet | null): PodsRefused | null {
  const { conditions = [] } = (set?.object['status'] ?? {}) as SetStatus;
  const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure?.message === undefined) return null;
  return {
    why: `${failure.message.slice(0, 512)}; ${remedyFor(failure.message)}`,
    since: Date.parse(failure.lastTransitionTime ?? '') || 0,
  };
}

/** Pods that are on their way out count for a quota until they are gone: a refusal may pass by itself for so long. */
const PASSING_MS = 10_000;

/** A wait for pods of a ReplicaSet; by another reason once the API server has refused them for a while. */
export function podsAwaited(
  set: ObservedReplicaSet | null,
  waiting: { readonly reason: string; readonly message: string },
  now: number,
): Progress {
  const { reason, message } = waiting;
  const refused = refusedPods(set);
  if (refused === null) return wait(reason, message);
  const toldAt = refused.since + PASSING_MS;
  return now >= toldAt ? wait('PodsRefused', message) : wait(reason, message, toldAt);
}

/** What keeps the pods of a ReplicaSet, as the end of a sentence; nothing where that is not known. */
export function keptBy(set: ObservedReplicaSet | null, pods: Observation['pods']): string {
  const why = pods?.stuck ?? refusedPods(set)?.why;
  return why === undefined || why === null ? '' : `; ${why}`;
}

/** So many canary pods, as the subject of a sentence. */
export function canaryPods(count: number): string {
  return count === 1 ? '1 canary pod is' : `${count} canary pods are`;
}

/** How many canary pods are available, and what keeps the others, as far as it is known. */
export function availability({ canary, pods }: Observation, status: ReleaseStatus): string {
  return `${canary?.available ?? 0} of ${status.replicas} canary pods are available${keptBy(canary, pods)}`;
}

/** The wait for the canary's pods. */
export function canaryLoading(seen: Observation, status: ReleaseStatus): Progress {
  const waiting = { reason: 'CanaryLoading', message: availability(seen, status) };
  return podsAwaited(seen.canary, waiting, seen.now);
}

/** Whether the pods have answered their warm-up requests, where the policy has any. */
export function isWarm({ release, warmth }: Observation): boolean {
  return release.spec.policy.canary.warmUp === undefined || warmth === 'warm';
}

/** `then`, once the available pods have answered their warm-up requests, where the policy has any. */
export function warmed(seen: Observation, then: () => Progress): Progress {
  if (isWarm(seen)) return then();
  const { warmth } = seen;
  const cold =
    warmth === undefined || warmth === 'warm' ? 'the canary pods are being warmed up' : warmth.cold;
  return wait('CanaryWarming', cold);
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
