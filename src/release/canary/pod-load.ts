import { countText } from '../../analysis/verdict/number-text.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import { fixedSteps } from '../../api/rollout/steps.ts';
import { roomOf } from './pod-resources.ts';
import { canaryPodsAt, canarySize, MOST_LOAD, type Sized, type Sizing } from './size.ts';

/** How many requests a pod of each version gets at a weight, if requests are spread evenly. */
export interface ExpectedLoad {
  readonly canaryPods: number;
  readonly stablePods: number;
  /** Requests of a canary pod for each of a stable pod. */
  readonly times: number;
}

/**
 * The load of the pods at a weight of routes, from 1 to 99 percent; null where it says nothing: pods divide the traffic, or
 * only one version has any.
 */
export function expectedLoad(sizing: Sizing, deployment: Sized, weight: number): ExpectedLoad | null {
  const { canary } = sizing.policy;
  const stablePods = deployment.replicas - (canary.mode === 'borrow' ? 1 : 0);
  if (sizing.shares !== undefined || weight <= 0 || weight >= 100 || stablePods <= 0) return null;
  const canaryPods = canaryPodsAt(sizing, deployment, weight);
  return { canaryPods, stablePods, times: weight / canaryPods / ((100 - weight) / stablePods) };
}

/** What limits the canary at a weight, and what to change so that the loads compare. */
function remedy(
  { policy: { canary } }: Sizing,
  deployment: Sized,
  weight: number,
  { canaryPods, stablePods, times }: ExpectedLoad,
): string {
  const even = Math.round((100 * canaryPods) / (canaryPods + stablePods));
  const alike = `the loads are alike at a weight of ${even} %`;
  if (times < 1) return alike;
  const wanted = canarySize(deployment.replicas, weight);
  if (canary.mode === 'borrow') return `canary.mode: borrow has one pod; ${alike}`;
  if (canary.replicas !== undefined && canaryPods < wanted)
    return `set canary.replicas to ${wanted}; ${alike}`;
  if (roomOf(canary.budget, deployment.template) < wanted)
    return `canary.budget has no room for the ${wanted} pods that it would take; raise it; ${alike}`;
  return `the canary has as many pods as the Deployment, and those of stable idle; ${alike}`;
}

/**
 * That a canary pod gets more than twice the requests of a stable one at a weight, or less than half, with the cause and the
 * fix, as a clause; null where the loads compare.
 */
export function loadRemark(sizing: Sizing, deployment: Sized, weight: number): string | null {
  const load = expectedLoad(sizing, deployment, weight);
  if (load === null || (load.times <= MOST_LOAD && load.times * MOST_LOAD >= 1)) return null;
  const { canaryPods, stablePods } = load;
  const times = Number(load.times.toPrecision(2));
  const pods = `${countText(canaryPods)} and ${countText(stablePods)} pods`;
  const looks = load.times > 1 ? 'slower' : 'faster';
  return `canary pods carry ${times} times the load of a stable pod (${pods}), so the canary may look ${looks} than it is; ${remedy(sizing, deployment, weight, load)}`;
}

/** Weights that a release will have, as far as they are known before it begins. */
function weightsOf(policy: Policy): number[] {
  const { autoSteps } = policy;
  if (autoSteps !== undefined) return [...new Set([autoSteps.min, autoSteps.max])];
  return fixedSteps(policy).flatMap(({ weight }) => weight ?? []);
}

/** The remarks for all weights of a release, each as a sentence. */
export function loadRemarks(
  sizing: Sizing & { readonly policy: Policy },
  deployment: Sized,
): readonly string[] {
  return weightsOf(sizing.policy).flatMap((weight) => {
    const remark = loadRemark(sizing, deployment, weight);
    return remark === null ? [] : [`at ${weight} % ${remark}`];
  });
}
