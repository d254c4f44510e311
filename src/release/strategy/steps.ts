import type { ReleaseStatus } from '../../api/release/release.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import { fixedSteps } from '../../api/rollout/steps.ts';

type Chosen = Pick<ReleaseStatus, 'weights'>;

/** The weight of a step, given or chosen by the evidence; undefined if not chosen yet. */
export function stepWeight(policy: Policy, { weights = [] }: Chosen, step: number): number | undefined {
  const { autoSteps } = policy;
  if (autoSteps === undefined) return fixedSteps(policy)[step]?.weight;
  return weights[step] ?? (step === 0 ? autoSteps.min : undefined);
}

/** The number of steps; null while the evidence has not reached the greatest weight. */
export function stepCount(policy: Policy, status: Chosen): number | null {
  const { autoSteps } = policy;
  if (autoSteps === undefined) return fixedSteps(policy).length;
  const weights = status.weights ?? [autoSteps.min];
  return (weights.at(-1) ?? 0) >= autoSteps.max ? weights.length : null;
}

/** The number of steps for the machine at `step`: one more, while more will be chosen. */
export function stepsAhead(policy: Policy, status: Chosen, step: number): number {
  return stepCount(policy, status) ?? step + 2;
}

/** What lies before the first step and after the last one, by the names of their gates. */
export const [START, PROMOTION] = ['start', 'promotion'];

/** A step for people, by its index: `2/3 (25 %)`; `2/? (25 %)` while it is not known how many there will be. */
export function stepTextOf(policy: Policy, status: Chosen, step: number): string {
  const weight = stepWeight(policy, status, step);
  const share = weight === undefined ? '' : ` (${weight} %)`;
  return `${step + 1}/${stepCount(policy, status) ?? '?'}${share}`;
}

/** Maximum number of steps with any evidence; see `next-weight.ts`. */
const MOST_CHOSEN = 12;

/** Maximum number of steps of a release. */
export function mostSteps(policy: Policy): number {
  return policy.autoSteps === undefined ? fixedSteps(policy).length : MOST_CHOSEN;
}

/** The greatest weight of a release before its promotion. */
export function greatestWeight(policy: Policy): number {
  return policy.autoSteps?.max ?? fixedSteps(policy).at(-1)?.weight ?? 100;
}
