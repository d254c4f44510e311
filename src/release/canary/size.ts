import type { Capacity } from '../../api/rollout/capacity.ts';

/**
 * Pods that a canary of `weight` percent needs beside `total` stable ones: at least one, at most as many. A number
 * fixed by the policy applies at every weight.
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
