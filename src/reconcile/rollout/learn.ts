import type { Learnt } from '../../api/rollout/learnt.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';
import { fixedSteps } from '../../api/rollout/steps.ts';
import type { Lesson } from '../../measure/learning/ask-past.ts';
import { roomOf } from '../../release/canary/pod-resources.ts';
import { canarySize } from '../../release/canary/size.ts';
import { parseRollout } from '../../release/parse.ts';
import { learnable } from '../../release/rollout/calibrations.ts';
import { learningDueAt } from '../../release/rollout/learning.ts';
import type { RolloutObservation } from '../../release/rollout/rollout-observation.ts';
import { stableOf } from '../../release/rollout/stable.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { keyOf } from '../key.ts';
import type { PassDeps } from '../pass-deps.ts';
import { observeRollout } from './observe.ts';

/** A version that does not exist: there is no canary in idle times. */
const NOBODY = { replicaSet: '', hash: '' } as const;

/** Pods of the canary in its first step. */
function canaryPodsOf({ spec: { canary, ...spec } }: Rollout, deployment: ObservedDeployment): number {
  const weight = spec.autoSteps?.min ?? fixedSteps(spec)[0]?.weight ?? 100;
  return canarySize(deployment.replicas, weight, canary, roomOf(canary.budget, deployment.template));
}

function serviceOf({ service, releases }: RolloutObservation): string {
  return service ?? releases.findLast(({ status }) => status?.service)?.status?.service ?? '';
}

function lessonOf(seen: RolloutObservation): Lesson | null {
  const { rollout, deployment, metrics, releases } = seen;
  const stable = stableOf(seen);
  if (deployment === null || stable === null || 'reason' in stable || 'problem' in metrics) return null;
  return {
    names: {
      namespace: rollout.metadata.namespace ?? '',
      workload: deployment.name,
      service: serviceOf(seen),
      stable: { replicaSet: stable.name, hash: stable.hash },
      canary: NOBODY,
    },
    metrics: learnable(metrics.metrics),
    replicas: deployment.replicas,
    canaryPods: canaryPodsOf(rollout, deployment),
    releases,
    before: rollout.status?.learnt?.metrics ?? [],
  };
}

/** The lesson as the objects are when its turn comes; null if it is not due any more. */
function lessonNow(deps: PassDeps, namespace: string, name: string, now: number): Lesson | null {
  const rollout = deps.store.get('Rollout', namespace, name);
  if (rollout === null) return null;
  const parsed = parseRollout(rollout, deps.routers);
  return 'problem' in parsed ? null : lessonOf(observeRollout(deps, parsed.value, now));
}

/** What the past of an idle workload has shown, and when it must be asked again. Waits for nothing. */
export function learn(
  deps: PassDeps,
  observation: RolloutObservation,
): { readonly learnt?: Learnt; readonly dueAt?: number } {
  const dueAt = learningDueAt(observation);
  if (dueAt === null) return {};
  const { rollout, now } = observation;
  if (dueAt > now) return { dueAt };
  const { namespace = '', name } = rollout.metadata;
  const learnt = deps.learner.look(keyOf('rollout', namespace, name), () =>
    lessonNow(deps, namespace, name, now),
  );
  return learnt === undefined ? {} : { learnt };
}
