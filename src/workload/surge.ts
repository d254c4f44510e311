/** `maxSurge` as Kubernetes resolves it: an absolute number, or a percentage of the total rounded up. */
export function resolveSurge(maxSurge: unknown, total: number): number {
  if (typeof maxSurge === 'number') return maxSurge;
  const percent = /^([0-9]+)%$/.exec(typeof maxSurge === 'string' ? maxSurge : '25%');
  return percent === null ? 1 : Math.ceil((total * Number(percent[1])) / 100);
}

/**
 * `maxUnavailable` as Kubernetes resolves it: an absolute number, or a percentage of the total rounded down; 1 if
 * neither it nor the surge would let a rolling update proceed.
 */
export function resolveUnavailable(maxUnavailable: unknown, total: number, surge: number): number {
  const percent = /^([0-9]+)%$/.exec(typeof maxUnavailable === 'string' ? maxUnavailable : '25%');
  const pods =
    typeof maxUnavailable === 'number'
      ? maxUnavailable
      : Math.floor((total * Number(percent?.[1] ?? 25)) / 100);
  return surge === 0 && pods === 0 ? 1 : Math.min(pods, total);
}
