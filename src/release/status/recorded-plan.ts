import type { ReleaseStatus } from '../../api/release.ts';
import type { Policy } from '../../api/rollout.ts';
import { MACHINE_VERSION } from '../machine.ts';

/**
 * The status with the plan where this version of the machine keeps it: before version 3, its parts were fields of the
 * status.
 */
export function withCurrentPlan(status: ReleaseStatus, { traffic }: Pick<Policy, 'traffic'>): ReleaseStatus {
  if (status.machineVersion >= MACHINE_VERSION) return status;
  const { routes, moreServices, ...rest } = status;
  const [router] = Object.keys(traffic);
  const current = { ...rest, machineVersion: MACHINE_VERSION };
  if (routes === undefined || router === undefined) return current;
  const more = moreServices === undefined ? {} : { moreServices };
  return { ...current, plan: { router, data: { routes, ...more } } };
}
