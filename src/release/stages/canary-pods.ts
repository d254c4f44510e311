import type { ReleaseStatus } from '../../api/release/release.ts';
import type { ObservedReplicaSet } from '../../workload/workload.ts';
import type { Observation } from '../observed.ts';
import type { Reason } from '../reasons/catalogue.ts';
import { remedyFor } from '../status/remedy.ts';
import { type Progress, wait } from './progress.ts';

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

/** Refused pods, and since when; epoch milliseconds. */
interface PodsRefused {
  readonly why: string;
  readonly since: number;
}

/** Why no pods are created: a quota, or another admission policy. */
function refusedPods(set: ObservedReplicaSet | null): PodsRefused | null {
  const { conditions = [] } = (set?.object['status'] ?? {}) as SetStatus;
  const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure?.message === undefined) return null;
  return {
    why: `${failure.message.slice(0, 512)}; ${remedyFor(failure.message)}`,
    since: Date.parse(failure.lastTransitionTime ?? '') || 0,
  };
}

/** Terminating pods count against a quota until they are gone: a refusal within this time may be temporary. */
const PASSING_MS = 10_000;

/** A wait for pods of a ReplicaSet; with another reason once the API server has refused them for a while. */
export function podsAwaited(
  set: ObservedReplicaSet | null,
  waiting: { readonly reason: Reason; readonly message: string },
  now: number,
): Progress {
  const { reason, message } = waiting;
  const refused = refusedPods(set);
  if (refused === null) return wait(reason, message);
  const toldAt = refused.since + PASSING_MS;
  return now >= toldAt ? wait('PodsRefused', message) : wait(reason, message, toldAt);
}

/** What delays the pods of a ReplicaSet, as the end of a sentence; empty if unknown. */
export function keptBy(set: ObservedReplicaSet | null, pods: Observation['pods']): string {
  const why = pods?.stuck ?? refusedPods(set)?.why;
  return why === undefined || why === null ? '' : `; ${why}`;
}

/** A number of canary pods, as the subject of a sentence. */
export function canaryPods(count: number): string {
  return count === 1 ? '1 canary pod is' : `${count} canary pods are`;
}

/** How many canary pods are available, and what delays the others, if known. */
export function availability({ canary, pods }: Observation, status: ReleaseStatus): string {
  return `${canary?.available ?? 0} of ${status.replicas} canary pods are available${keptBy(canary, pods)}`;
}

/** The wait for the canary's pods. */
export function canaryLoading(observation: Observation, status: ReleaseStatus): Progress {
  const waiting = { reason: 'CanaryLoading' as const, message: availability(observation, status) };
  return podsAwaited(observation.canary, waiting, observation.now);
}

/** Whether the pods have answered their warm-up requests, if the policy has any. */
export function isWarm({ release, warmth }: Observation): boolean {
  return release.spec.policy.canary.warmUp === undefined || warmth === 'warm';
}

/** `then`, once the available pods have answered their warm-up requests, if the policy has any. */
export function warmed(observation: Observation, then: () => Progress): Progress {
  if (isWarm(observation)) return then();
  const { warmth } = observation;
  const cold =
    warmth === undefined || warmth === 'warm' ? 'the canary pods are being warmed up' : warmth.cold;
  return wait('CanaryWarming', cold);
}

/** `then`, once all canary pods are available and warmed up. */
export function loaded(observation: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  if (canaryAvailable(observation, status)) return warmed(observation, then);
  return canaryLoading(observation, status);
}
