/** Percent of the requests that ready canary pods get beside stable ones; 0 or 100 only if one version has none. */
export function shareOfPods(canary: number, stable: number): number {
  if (canary === 0) return 0;
  if (stable === 0) return 100;
  return Math.min(99, Math.max(1, Math.round((100 * canary) / (canary + stable))));
}

/** The number of canary pods, from 1 to `most`, whose share beside the stable ones is nearest to `weight` percent. */
export function podsForShare(weight: number, stable: number, most: number): number {
  const exact = weight >= 100 ? most : (weight * stable) / (100 - weight);
  const within = (pods: number): number => Math.min(most, Math.max(1, pods));
  const [low, high] = [within(Math.floor(exact)), within(Math.ceil(exact))];
  const off = (pods: number): number => Math.abs((100 * pods) / (pods + stable) - weight);
  return off(high) < off(low) ? high : low;
}
