import { HOLD, type ObservedDeployment, type ObservedReplicaSet } from '../../workload/workload.ts';
import type { Problem } from '../reasons/catalogue.ts';
import type { StableObservation } from './stable.ts';

/** Value of the hold on a Deployment whose change had not been held. */
export const BYPASSED = 'bypassed';

/**
 * A change that was not held. Its update is paused; then its pods are removed like any others that are not stable's.
 */
export interface Bypass {
  readonly stable: ObservedReplicaSet;
  readonly pause: boolean;
  readonly problem: Problem;
}

/** Whether the Deployment is paused because a change had not been held. */
export function bypassed({ object }: ObservedDeployment): boolean {
  return object.metadata.annotations?.[HOLD] === BYPASSED;
}

/** A running native update that has left at least half of stable. */
function isUnderWay(deployment: ObservedDeployment, stable: ObservedReplicaSet): boolean {
  if (deployment.paused) return bypassed(deployment);
  return !deployment.complete && 2 * stable.ready >= deployment.replicas;
}

/**
 * A native update of a Deployment under the gate that was not held: the admission policy is not in force. A version
 * that no Release has tried is stopped as long as stable can serve, so that it is released as it should have been. An
 * update that somebody resumed, or that has gone too far, is left alone.
 */
export function bypassOf(seen: StableObservation): Bypass | null {
  const { deployment, owned, rollout, releases } = seen;
  if (deployment === null || deployment.optedOut || deployment.gate !== rollout.metadata.name) return null;
  const hash = rollout.status?.stable?.podTemplateHash;
  const stable = owned.find((one) => one.hash === hash && !one.deleting && one.replicas > 0);
  const { revision } = deployment;
  if (stable === undefined || stable.revision === revision || !isUnderWay(deployment, stable)) return null;
  if (releases.some(({ spec }) => spec.revision === revision)) return null;
  const others = owned.some((one) => one !== stable && !one.deleting && one.replicas > 0);
  if (deployment.paused && !others) return null;
  return {
    stable,
    pause: !deployment.paused,
    problem: {
      reason: 'HoldBypassed',
      message: `the pod template of Deployment ${deployment.name} was changed and not held: its update is stopped, and released step by step. Neither the admission policy (kubectl get mutatingadmissionpolicybinding sluice-hold) nor the webhook (kubectl get mutatingwebhookconfiguration sluice) was in force`,
    },
  };
}
