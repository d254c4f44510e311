import type { ReleaseStatus } from '../../api/release/release.ts';
import { gatesOf } from '../../api/rollout/gates.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import { fixedSteps, type PacedStep } from '../../api/rollout/steps.ts';

type Chosen = Pick<ReleaseStatus, 'weights'>;

/** A step, given or chosen by the evidence; undefined if not chosen yet, or after the last one. */
export function stepAt(policy: Policy, { weights = [] }: Chosen, step: number): PacedStep | undefined {
  const { autoSteps } = policy;
  if (autoSteps === undefined) return fixedSteps(policy)[step];
  const weight = weights[step] ?? (step === 0 ? autoSteps.min : undefined);
  return weight === undefined ? undefined : { weight };
}

/** The gate before a step; undefined if there is no such step, or not chosen yet. */
export function gateBefore(policy: Policy, status: Chosen, step: number): string | undefined {
  const known = stepAt(policy, status, step);
  return known === undefined || policy.autoSteps === undefined
    ? gatesOf(fixedSteps(policy))[step]
    : String(known.weight);
}

/** A step for people: `25 %`, `match`, `preview`, or `mirror 20 %`. */
export function stepLabel({ weight, mirror, label }: Pick<PacedStep, 'weight' | 'mirror' | 'label'>): string {
  if (label !== undefined) return label;
  if (mirror !== undefined) return `mirror ${mirror} %`;
  return weight === undefined ? 'match' : `${weight} %`;
}

/** Where a release stays that does not pass its step, for people: `25 %`, `match`, or `mirror 20 %`. */
export function staysAt(policy: Policy, status: Pick<ReleaseStatus, 'weight' | 'step'>): string {
  const known = policy.autoSteps === undefined ? fixedSteps(policy)[status.step] : undefined;
  return stepLabel(known ?? status);
}

/** Whether a step needs no evidence. */
export function isFreeStep(policy: Policy, step: number): boolean {
  return policy.autoSteps === undefined && fixedSteps(policy)[step]?.isFree === true;
}

/** The weight of a step; 0 where its requests are not chosen by one. Undefined if not chosen yet. */
export function stepWeight(policy: Policy, status: Chosen, step: number): number | undefined {
  const known = stepAt(policy, status, step);
  return known === undefined ? undefined : (known.weight ?? 0);
}

/** What the canary gets in a step: the matches of it and of those before it stay in force. */
export function stepTraffic(
  policy: Policy,
  status: Chosen,
  step: number,
): Pick<ReleaseStatus, 'weight' | 'match' | 'mirror'> | undefined {
  const known = stepAt(policy, status, step);
  if (known === undefined) return undefined;
  // All traffic includes what the matches choose.
  const match =
    policy.autoSteps === undefined && known.weight !== 100
      ? fixedSteps(policy)
          .slice(0, step + 1)
          .flatMap((one) => one.match ?? [])
      : [];
  return {
    weight: known.weight ?? 0,
    ...(match.length === 0 ? {} : { match }),
    ...(known.mirror === undefined ? {} : { mirror: known.mirror }),
  };
}

const loadOf = ({ weight, mirror }: PacedStep): number => weight ?? mirror ?? 0;

/** Percent of all requests that the canary answers in a step; 0 if that is not known. Undefined if not chosen yet. */
export function stepShare(policy: Policy, status: Chosen, step: number): number | undefined {
  const known = stepAt(policy, status, step);
  return known === undefined ? undefined : loadOf(known);
}

/**
 * Percent of all requests for which the canary is sized in a step: never less than in an earlier one. How many requests
 * a match is about is not known: without a mirror, that is one pod, or `canary.replicas`.
 */
export function stepLoad(policy: Policy, status: Chosen, step: number): number | undefined {
  if (policy.autoSteps !== undefined) return stepWeight(policy, status, step);
  if (policy.blueGreen !== undefined) return 100;
  const steps = fixedSteps(policy).slice(0, step + 1);
  return steps.length <= step ? undefined : Math.max(...steps.map(loadOf));
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
  const known = stepAt(policy, status, step);
  const share = known === undefined ? '' : ` (${stepLabel(known)})`;
  return `${step + 1}/${stepCount(policy, status) ?? '?'}${share}`;
}

/** Maximum number of steps with any evidence; see `next-weight.ts`. */
const MOST_CHOSEN = 12;

/** Maximum number of steps of a release. */
export function mostSteps(policy: Policy): number {
  return policy.autoSteps === undefined ? fixedSteps(policy).length : MOST_CHOSEN;
}

/** The greatest weight of a release before its promotion; 0 without any. */
export function greatestWeight(policy: Policy): number {
  return policy.autoSteps?.max ?? Math.max(...fixedSteps(policy).map(({ weight = 0 }) => weight));
}

/** The greatest percentage of all requests for which the canary is sized before its promotion. */
export function greatestLoad(policy: Policy): number {
  return policy.autoSteps?.max ?? Math.max(...fixedSteps(policy).map(loadOf));
}
