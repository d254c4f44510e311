import type { Capacity } from '../../api/capacity.ts';

/**
 * Pods that a canary of `weight` percent needs beside `total` stable ones: at least one, at most as many. A number that
 * the policy fixes holds at every weight.
 */
export function canarySize(
  total: number,
  weight: number,
  { replicas, mode }: Capacity = { mode: 'surge' },
): number {
  if (mode === 'borrow') return 1;
  if (replicas !== undefined) return Math.min(Math.max(total, 1), replicas);
  return Math.min(Math.max(total, 1), Math.max(1, Math.ceil((total * weight) / 100)));
}

/**
 * Pods that the canary must have before the handover: a paused Deployment grows the OLD ReplicaSet when the new
 * one is smaller than maxSurge, so the canary is raised to maxSurge first (bounded by the total).
 */
export function handoverSize(total: number, surge: number, current: number): number {
  return Math.max(current, Math.min(surge, total));
}

/** `maxSurge` as Kubernetes resolves it: an absolute number, or a percentage of the total rounded up. */
export function resolveSurge(maxSurge: unknown, total: number): number {
  if (typeof maxSurge === 'number') return maxSurge;
  const percent = /^([0-9]+)%$/.exec(typeof maxSurge === 'string' ? maxSurge : '25%');
  return percent === null ? 1 : Math.ceil((total * Number(percent[1])) / 100);
}

/**
 * `maxUnavailable` as Kubernetes resolves it: an absolute number, or a percentage of the total rounded down; 1 where
 * neither it nor the surge would let a rolling update move.
 */
export function resolveUnavailable(maxUnavailable: unknown, total: number, surge: number): number {
  const percent = /^([0-9]+)%$/.exec(typeof maxUnavailable === 'string' ? maxUnavailable : '25%');
  const pods =
    typeof maxUnavailable === 'number'
      ? maxUnavailable
      : Math.floor((total * Number(percent?.[1] ?? 25)) / 100);
  return surge === 0 && pods === 0 ? 1 : Math.min(pods, total);
}
