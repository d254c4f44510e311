import type { Release } from '../../api/release/release.ts';
import type { Capacity } from '../../api/rollout/capacity.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { roomOf } from './pod-resources.ts';
import { podsForShare } from './pod-share.ts';

/** What the size of a canary follows from. */
export interface Sizing {
  readonly policy: Pick<Policy, 'canary'>;
  /** Absent: weights of routes. */
  readonly shares?: Release['spec']['shares'];
}

/** What of a Deployment the size of its canary follows from. */
export type Sized = Pick<ObservedDeployment, 'replicas' | 'surge' | 'template'>;

/** How many times as many requests as a stable pod a canary pod may get: beyond it the versions cannot be compared. */
export const MOST_LOAD = 2;

/**
 * Pods that a canary of `weight` percent needs beside `total` stable ones, so that each gets no more than it would if
 * all were the canary's, nor more than twice as much as a stable pod: at least one, at most as many. Beyond a weight of
 * 50 % the stable pods idle, so the second takes more pods, as far as there is `room` for them in the budget. A number
 * fixed by the policy applies at every weight.
 */
export function canarySize(
  total: number,
  weight: number,
  { replicas, mode }: Pick<Capacity, 'replicas' | 'mode'> = { mode: 'surge' },
  room: number = Number.POSITIVE_INFINITY,
): number {
  if (mode === 'borrow') return 1;
  if (replicas !== undefined) return Math.min(Math.max(total, 1), replicas);
  const share = total * weight;
  const even = weight < 100 ? Math.ceil(share / (MOST_LOAD * (100 - weight))) : 0;
  return Math.min(Math.max(total, 1), Math.max(1, Math.ceil(share / 100), Math.min(even, room)));
}

/** Most canary pods where their number is the share: as many as the rolling update itself may add. */
export function mostByPods({ replicas, surge }: Pick<ObservedDeployment, 'replicas' | 'surge'>): number {
  return Math.max(1, Math.min(surge, replicas));
}

/** Pods of the canary at a weight, by whether routes or pods divide the traffic. */
export function canaryPodsAt(
  { policy: { canary }, shares }: Sizing,
  deployment: Sized,
  weight: number,
): number {
  const { replicas, template } = deployment;
  const isFixed = canary.mode === 'borrow' || canary.replicas !== undefined;
  if (shares === undefined || isFixed)
    return canarySize(replicas, weight, canary, roomOf(canary.budget, template));
  return podsForShare(weight, replicas, mostByPods(deployment));
}

/**
 * Pods that the canary must have before the handover: a paused Deployment grows the OLD ReplicaSet when the new
 * one is smaller than maxSurge, so the canary is raised to maxSurge first (bounded by the total).
 */
export function handoverSize(total: number, surge: number, current: number): number {
  return Math.max(current, Math.min(surge, total));
}
