import type { Policy } from '../../api/rollout/rollout.ts';
import { fixedSteps } from '../../api/rollout/steps.ts';
import { durationMs } from '../../api/values/duration.ts';
import type { StickyClients } from '../../traffic/goal.ts';

/** Groups of clients where nobody knows the weights beforehand: each of so many percent. */
const GRID = 5;

/** The weights at which clients move to the canary: those of the steps, as far as they are known. */
function thresholdsOf(policy: Policy): number[] {
  const { autoSteps, canary } = policy;
  const known =
    autoSteps === undefined
      ? fixedSteps(policy).flatMap(({ weight }) => weight ?? [])
      : [autoSteps.min, ...Array.from({ length: 100 / GRID }, (_, index) => (index + 1) * GRID)];
  const all = [...known, canary.connect?.weight ?? 100, 100];
  return [...new Set(all)].toSorted((a, b) => a - b);
}

/** What keeps clients with their version during a release; undefined if the policy does not. */
export function stickyOf(policy: Policy): StickyClients | undefined {
  const { sticky } = policy;
  if (sticky === undefined) return undefined;
  const { cookie, maxAge } = sticky;
  return { cookie, seconds: Math.round(durationMs(maxAge) / 1_000), thresholds: thresholdsOf(policy) };
}
