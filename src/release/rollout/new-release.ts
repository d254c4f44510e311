import type { Metric } from '../../api/analysis/analysis-template.ts';
import { RETRY, TRACEPARENT } from '../../api/annotations/annotations.ts';
import { labelValue, releaseName, replicaSetName } from '../../api/derived-names.ts';
import { API_VERSION } from '../../api/meta.ts';
import type { Release, ReleaseSpec } from '../../api/release/release.ts';
import { Policy } from '../../api/rollout/rollout.ts';
import { fixedSteps } from '../../api/rollout/steps.ts';
import type { ObservedDeployment, ObservedReplicaSet } from '../../workload/workload.ts';
import { isFinal } from '../machine.ts';
import { type Rounded, roundedByPods } from '../strategy/round-steps.ts';
import { traceparentFor } from '../trace/trace.ts';
import { calibrationsFor, learnable } from './calibrations.ts';
import { rollbackOf, withoutSteps } from './rollback-window.ts';
import type { StableVersion } from './stable.ts';
import type { TriedSeen } from './tried.ts';

/** Finalizer on Rollouts and Releases: nothing is deleted while routes or pods of ours exist. */
export const FINALIZER = 'sluice.dev/release';

/** The input for deciding whether to try a revision, and under which name. */
export interface StartObservation extends TriedSeen {
  /** Names of all ReplicaSets of the namespace. */
  readonly takenNames: readonly string[];
  /** `pods`: the router tells no versions apart. */
  readonly shares?: ReleaseSpec['shares'];
  /** Whether traces are sent, so that each release has one. */
  readonly traced?: boolean;
}

/** The running Release, if any. There is at most one, since the next begins when the last has ended. */
export function currentRelease(releases: readonly Release[]): Release | null {
  return releases.find((release) => !isFinal(release.status?.phase ?? 'Pending')) ?? null;
}

/** The revision, with a counter if the names are already taken. */
function suffixOf(
  { takenNames, releases, rollout }: StartObservation,
  deployment: ObservedDeployment,
): string {
  for (let attempt = 1; ; attempt++) {
    const suffix = attempt === 1 ? deployment.revision : `${deployment.revision}x${attempt}`;
    const taken =
      takenNames.includes(replicaSetName(deployment.name, suffix)) ||
      releases.some((one) => one.metadata.name === releaseName(rollout.metadata.name, suffix));
    if (!taken) return suffix;
  }
}

/** The policy with its steps, so that later defaults do not change it. */
function written(policy: Policy): Policy {
  const { steps, autoSteps, rollingUpdate, blueGreen, abTest } = policy;
  const isGiven = (steps ?? autoSteps ?? rollingUpdate ?? blueGreen ?? abTest) !== undefined;
  return isGiven ? policy : { ...policy, steps: [...fixedSteps(policy)] };
}

/** The steps of a release: those of the policy, or as the pods allow. */
function paced({ shares }: StartObservation, policy: Policy, deployment: ObservedDeployment): Rounded {
  return shares === 'pods' ? roundedByPods(policy, deployment) : { policy };
}

function workloadOf({ name, uid, object }: ObservedDeployment): ReleaseSpec['workload'] {
  const { generation } = object.metadata;
  return { kind: 'Deployment', name, uid, ...(generation === undefined ? {} : { generation }) };
}

/** The Release for the held template. */
export function newRelease(
  seen: StartObservation & {
    readonly owned: readonly ObservedReplicaSet[];
    readonly aside: readonly ObservedReplicaSet[];
  },
  deployment: ObservedDeployment,
  stable: StableVersion,
  metrics: readonly Metric[],
): Release {
  const { name: rollout, namespace, uid = '', annotations } = seen.rollout.metadata;
  const suffix = suffixOf(seen, deployment);
  const token = annotations?.[RETRY];
  const ownName = releaseName(rollout, suffix);
  const trace = traceparentFor(deployment.object, ownName, seen.traced === true);
  const marks = {
    ...(token === undefined ? {} : { [RETRY]: token }),
    ...(trace === undefined ? {} : { [TRACEPARENT]: trace }),
  };
  const policy = Policy.parse(seen.rollout.spec);
  const rollback = rollbackOf(policy, deployment.revision, seen.releases, [...seen.owned, ...seen.aside]);
  const { policy: steps, rounding } = paced(
    seen,
    rollback === null ? written(policy) : withoutSteps(policy),
    deployment,
  );
  const calibration = calibrationsFor(
    seen.rollout,
    learnable(metrics).map(({ name }) => name),
  );
  const spec: ReleaseSpec = {
    rollout,
    workload: workloadOf(deployment),
    revision: deployment.revision,
    stable: { podTemplateHash: stable.hash, replicaSet: stable.name, template: stable.template },
    canary: { podTemplateHash: suffix, replicaSet: replicaSetName(deployment.name, suffix) },
    policy: steps,
    ...(seen.shares === undefined ? {} : { shares: seen.shares }),
    ...(rounding === undefined ? {} : { rounding }),
    ...(rollback === null ? {} : { rollback }),
    metrics: [...metrics],
    ...(calibration.length === 0 ? {} : { calibration }),
  };
  const owner = { apiVersion: API_VERSION, kind: 'Rollout', name: rollout, uid };
  return {
    apiVersion: API_VERSION,
    kind: 'Release',
    metadata: {
      name: ownName,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { 'sluice.dev/rollout': labelValue(rollout) },
      ...(Object.keys(marks).length === 0 ? {} : { annotations: marks }),
      finalizers: [FINALIZER],
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    spec,
  };
}
