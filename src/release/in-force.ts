import type { ReleaseStatus } from '../api/release/release.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import { durationMs } from '../api/values/duration.ts';

/** When confirmed routes are in force in every proxy, epoch milliseconds; null while they are not confirmed. */
export function inForceAt(
  { settle }: Pick<Policy, 'settle'>,
  { routeConfirmedAt }: Pick<ReleaseStatus, 'routeConfirmedAt'>,
): number | null {
  return routeConfirmedAt === undefined ? null : Date.parse(routeConfirmedAt) + durationMs(settle);
}
