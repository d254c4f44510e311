import type { Policy } from '../../api/rollout/rollout.ts';
import { bakesOf, fixedSteps, type Step } from '../../api/rollout/steps.ts';
import { durationMs } from '../../api/values/duration.ts';
import { NO_ROUTER } from '../../traffic/routers.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { shareOfPods } from '../canary/pod-share.ts';
import { canaryPodsAt, mostByPods } from '../canary/size.ts';
import { podsProblem } from './pods-problem.ts';

/** A policy whose steps are shares of pods, and how they became so; no text if they are as written. */
export interface Rounded {
  readonly policy: Policy;
  readonly rounding?: string;
}

interface Group {
  readonly weight: number;
  readonly pods: number;
  readonly steps: readonly Step[];
}

const bakeMs = (step: Step, policy: Policy): number =>
  durationMs(bakesOf({ ...policy, steps: [step] }, 0).bake ?? '0s');

/** Steps of the same number of pods are one: that with the longest bake, of equal ones the last. */
function merged({ steps, weight }: Group, policy: Policy): Step {
  const longest = steps.reduce((a, b) => (bakeMs(b, policy) >= bakeMs(a, policy) ? b : a));
  return { ...longest, weight };
}

function groupsOf(policy: Policy, deployment: ObservedDeployment): Group[] {
  const stable = deployment.replicas - (policy.canary.mode === 'borrow' ? 1 : 0);
  const groups = new Map<number, Group>();
  for (const step of fixedSteps(policy)) {
    const pods = canaryPodsAt({ policy, shares: 'pods' }, deployment, step.weight ?? 0);
    const weight = shareOfPods(pods, stable);
    const before = groups.get(weight);
    groups.set(weight, { weight, pods: before?.pods ?? pods, steps: [...(before?.steps ?? []), step] });
  }
  return [...groups.values()];
}

const listed = (steps: readonly Step[]): string => {
  const weights = steps.map(({ weight }) => `${weight} %`);
  const last = weights.pop() ?? '';
  return weights.length === 0 ? last : `${weights.join(', ')} and ${last}`;
};

function groupText({ weight, pods, steps }: Group, policy: Policy, deployment: ObservedDeployment): string {
  const all = deployment.replicas + (policy.canary.mode === 'borrow' ? 0 : pods);
  const isFixed = policy.canary.mode === 'borrow' || policy.canary.replicas !== undefined;
  const isFull = !isFixed && pods === mostByPods(deployment) && (steps.at(-1)?.weight ?? 0) > weight;
  const limit = isFull ? `; maxSurge ${deployment.surge} allows no more` : '';
  const are = steps.length === 1 ? `${listed(steps)} is` : `${listed(steps)} are one step of`;
  return `${are} ${weight} % (${pods} of ${all} pods${limit})`;
}

function updateText(
  { pods, weight }: Group,
  { canary }: Policy,
  { replicas, surge }: ObservedDeployment,
): string {
  const isBorrowed = canary.mode === 'borrow';
  const where = isBorrowed ? `in the place of one of ${replicas}` : `beside ${replicas} (maxSurge ${surge})`;
  const are = pods === 1 ? '1 new pod is' : `${pods} new pods are`;
  return `rollingUpdate: first ${are} judged ${where}, ${weight} % of the traffic; then the others follow`;
}

/**
 * The policy with the steps that the pods of the Deployment allow, beside all of stable and within maxSurge. Gates are
 * called by the new weights.
 */
export function roundedByPods(policy: Policy, deployment: ObservedDeployment): Rounded {
  // Nothing begins with a pace that pods alone cannot keep, or with an update without room: see `pods-problem.ts`, and
  // `supports` of the router.
  const needsRoutes = fixedSteps(policy).some(({ weight }) => weight === undefined);
  if (needsRoutes || podsProblem(policy, deployment) !== null) return { policy };
  const groups = groupsOf(policy, deployment);
  const changed = groups.filter(({ weight, steps }) => steps.length > 1 || steps[0]?.weight !== weight);
  const { approval, rollingUpdate, ...rest } = policy;
  const gateOf = (gate: string): string =>
    String(groups.find(({ steps }) => steps.some((one) => String(one.weight) === gate))?.weight ?? gate);
  const rounded: Policy = {
    ...rest,
    ...(rollingUpdate === undefined ? {} : { traffic: NO_ROUTER }),
    steps: groups.map((group) => merged(group, policy)),
    ...(approval === undefined
      ? {}
      : { approval: { ...approval, at: [...new Set(approval.at.map(gateOf))] } }),
  };
  const [first] = groups;
  if (rollingUpdate !== undefined && first !== undefined)
    return { policy: rounded, rounding: updateText(first, policy, deployment) };
  if (changed.length === 0) return { policy: rounded };
  const texts = changed.map((group) => groupText(group, policy, deployment));
  return {
    policy: rounded,
    rounding: `the share is that of ready pods: ${texts.join('; ')}`.slice(0, 1_024),
  };
}
