import type { ReleaseStatus } from '../api/release/release.ts';
import type { Observation } from './observed.ts';

/**
 * The maximum number of requests that may bypass the routes within some milliseconds: what the canary got at weight 0
 * before its first weight, plus half, since traffic varies.
 */
export function pastTheRoutes({ canary }: Observation, { baseline }: ReleaseStatus, ms: number): number {
  if (baseline === undefined || canary === null) return 0;
  const { requests, seconds, pods } = baseline;
  return (1.5 * requests * canary.ready * (ms / 1_000)) / (seconds * Math.max(1, pods));
}
