import type { ReleaseStatus } from '../../api/release/release.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import { MACHINE_VERSION } from '../machine.ts';

/**
 * The status with the plan where this version of the machine keeps it: before version 3, its parts were fields of the
 * status. Those stay, since API servers whose CRDs are still older drop the plan from what is written.
 */
export function withCurrentPlan(status: ReleaseStatus, { traffic }: Pick<Policy, 'traffic'>): ReleaseStatus {
  const { routes, moreServices, plan, machineVersion } = status;
  const current = machineVersion < MACHINE_VERSION ? { ...status, machineVersion: MACHINE_VERSION } : status;
  const [router] = Object.keys(traffic ?? {});
  if (plan !== undefined || routes === undefined || router === undefined) return current;
  const more = moreServices === undefined ? {} : { moreServices };
  return { ...current, plan: { router, data: { routes, ...more } } };
}
