import type { Metric } from '../api/analysis-template.ts';
import { RETRY } from '../api/annotations.ts';
import { API_VERSION, type KubeObject } from '../api/meta.ts';
import type { Release, ReleaseSpec } from '../api/release.ts';
import { Policy, type Rollout, type RolloutStatus } from '../api/rollout.ts';
import { withCondition } from './conditions.ts';
import { isFinal } from './machine.ts';
import type { Problem } from './seen.ts';
import type { DeploymentSeen, ReplicaSetSeen } from './workload.ts';

export { RETRY };
/** Finalizer on Rollouts and Releases: nothing goes while routes or pods of ours are in the way. */
export const FINALIZER = 'sluice.dev/release';
/** Finished Releases that are kept for each Rollout. */
const HISTORY = 10;

/** Everything that a pass over a Rollout is decided from, beside its current Release. */
export interface RolloutSeen {
  readonly now: number;
  readonly rollout: Rollout;
  readonly deployment: DeploymentSeen | null;
  /** ReplicaSets that belong to the Deployment. */
  readonly owned: readonly ReplicaSetSeen[];
  /** Names of all ReplicaSets of the namespace that start with the Deployment's name. */
  readonly takenNames: readonly string[];
  /** Releases of this Rollout, oldest first. */
  readonly releases: readonly Release[];
  readonly metrics: { readonly metrics: readonly Metric[] } | { readonly problem: Problem };
}

/** What a pass over a Rollout came to. */
export interface RolloutDecision {
  readonly status: RolloutStatus;
  /** A Release to create, where a held revision is to be tried. */
  readonly start: KubeObject | null;
  /** Whether the Deployment is to carry the gate; null leaves it. */
  readonly gate: string | null;
  /** The Deployment is held though its template is what serves: it can go on. */
  readonly resume: boolean;
  /** Something that a person must put right. */
  readonly problem: Problem | null;
  /** Finished Releases beyond the history. */
  readonly prune: readonly Release[];
}

/** The Release that is under way, if any. At most one is, since the next begins when the last has ended. */
export function currentRelease(releases: readonly Release[]): Release | null {
  return releases.find((release) => !isFinal(release.status?.phase ?? 'Pending')) ?? null;
}

/** The ReplicaSet that serves, or what keeps it from being told. */
export function stableOf(seen: RolloutSeen): ReplicaSetSeen | Problem | null {
  const { deployment, owned, rollout } = seen;
  if (deployment === null) return null;
  if (!deployment.paused)
    return owned.find((one) => one.revision === deployment.revision && !one.deleting) ?? null;
  const active = owned.filter((one) => one.replicas > 0 && !one.deleting);
  if (active.length === 1) return active[0] ?? null;
  const known = owned.find((one) => one.hash === rollout.status?.stable?.podTemplateHash);
  if (active.length === 0) return known ?? null;
  return {
    reason: 'WorkloadUpdating',
    message: `Deployment ${deployment.name} was in the middle of a rolling update when it was held (ReplicaSets ${active
      .map((one) => one.name)
      .join(
        ', ',
      )} have pods). Write the template of one of them back, or set the annotation sluice.dev/rollout=off and resume it`,
  };
}

function blocked(seen: RolloutSeen, tried: string | undefined): boolean {
  const token = seen.rollout.metadata.annotations?.[RETRY];
  const asked =
    token !== undefined && !seen.releases.some((one) => one.metadata.annotations?.[RETRY] === token);
  return tried !== undefined && !asked;
}

/** The revision that ended without promotion and still stands in the Deployment. */
function triedOf(seen: RolloutSeen, stable: ReplicaSetSeen | null): string | undefined {
  const revision = seen.deployment?.revision;
  if (revision === undefined || revision === stable?.revision) return undefined;
  const newest = seen.releases.at(-1);
  const phase = newest?.status?.phase;
  const lost = newest?.spec.revision === revision && (phase === 'Aborted' || phase === 'Cancelled');
  return lost ? revision : seen.rollout.status?.tried === revision ? revision : undefined;
}

function suffixOf(seen: RolloutSeen, deployment: DeploymentSeen): string {
  for (let attempt = 1; ; attempt++) {
    const suffix = attempt === 1 ? deployment.revision : `${deployment.revision}x${attempt}`;
    const taken =
      seen.takenNames.includes(`${deployment.name}-${suffix}`) ||
      seen.releases.some((one) => one.metadata.name === `${seen.rollout.metadata.name}-${suffix}`);
    if (!taken) return suffix;
  }
}

function releaseOf(
  seen: RolloutSeen,
  deployment: DeploymentSeen,
  stable: ReplicaSetSeen,
  metrics: readonly Metric[],
): KubeObject {
  const { rollout } = seen;
  const suffix = suffixOf(seen, deployment);
  const token = rollout.metadata.annotations?.[RETRY];
  const spec: ReleaseSpec = {
    rollout: rollout.metadata.name,
    workload: { kind: 'Deployment', name: deployment.name },
    revision: deployment.revision,
    stable: { podTemplateHash: stable.hash, replicaSet: stable.name, template: stable.template },
    canary: { podTemplateHash: suffix, replicaSet: `${deployment.name}-${suffix}` },
    policy: Policy.parse(rollout.spec),
    metrics: [...metrics],
  };
  return {
    apiVersion: API_VERSION,
    kind: 'Release',
    metadata: {
      name: `${rollout.metadata.name}-${suffix}`,
      ...(rollout.metadata.namespace === undefined ? {} : { namespace: rollout.metadata.namespace }),
      labels: { 'sluice.dev/rollout': rollout.metadata.name.slice(0, 63) },
      ...(token === undefined ? {} : { annotations: { [RETRY]: token } }),
      finalizers: [FINALIZER],
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: 'Rollout',
          name: rollout.metadata.name,
          uid: rollout.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec,
  };
}

function problemOf(seen: RolloutSeen, stable: ReplicaSetSeen | Problem | null): Problem | null {
  const { deployment, rollout, metrics } = seen;
  const { name } = rollout.spec.target;
  if (deployment === null) {
    return {
      reason: 'WorkloadNotFound',
      message: `spec.target.name: there is no Deployment ${name} in the namespace; create it or correct the name`,
    };
  }
  if (deployment.gate !== undefined && deployment.gate !== rollout.metadata.name) {
    return {
      reason: 'WorkloadTaken',
      message: `spec.target.name: Deployment ${name} is under Rollout ${deployment.gate} already; delete one of the two Rollouts`,
    };
  }
  if (deployment.optedOut) {
    return {
      reason: 'OptedOut',
      message: `Deployment ${name} has the annotation sluice.dev/rollout=off: nothing is held; remove it to come back`,
    };
  }
  if (deployment.paused && !deployment.held) {
    return {
      reason: 'PausedByOwner',
      message: `Deployment ${name} was paused by its owner (spec.paused): nothing happens until it is resumed`,
    };
  }
  if ('problem' in metrics) return metrics.problem;
  return stable !== null && 'reason' in stable ? stable : null;
}

function lastOf(seen: RolloutSeen): RolloutStatus['last'] {
  const last = seen.releases.findLast((release) => isFinal(release.status?.phase ?? 'Pending'));
  if (last?.status?.finishedAt === undefined) return seen.rollout.status?.last;
  const { phase, reason, finishedAt } = last.status;
  return {
    release: last.metadata.name,
    revision: last.spec.revision,
    outcome: phase,
    reason: reason ?? phase,
    at: finishedAt,
  };
}

function statusOf(seen: RolloutSeen, stable: ReplicaSetSeen | null, problem: Problem | null): RolloutStatus {
  const { rollout, now } = seen;
  const current = currentRelease(seen.releases);
  const generation = rollout.metadata.generation;
  const last = lastOf(seen);
  const tried = triedOf(seen, stable);
  const gated = {
    type: 'Ready',
    status: 'True',
    reason: 'Gated',
    message: 'the next change of the pod template is released step by step',
  } as const;
  const ready = problem === null ? gated : ({ type: 'Ready', status: 'False', ...problem } as const);
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  return {
    ...observed,
    phase: current?.status?.phase ?? (current !== null ? 'Pending' : problem === null ? 'Idle' : 'Invalid'),
    ...(stable === null ? {} : { stable: { podTemplateHash: stable.hash, replicaSet: stable.name } }),
    ...(tried === undefined ? {} : { tried }),
    ...(current === null ? {} : { release: current.metadata.name, weight: current.status?.weight ?? 0 }),
    ...(last === undefined ? {} : { last }),
    conditions: withCondition(rollout.status?.conditions, { ...ready, ...observed }, now),
  };
}

/** Decides what is to happen around the current Release: gate, start, resume, history. Pure and total. */
export function decideRollout(seen: RolloutSeen): RolloutDecision {
  const { deployment, rollout } = seen;
  const found = stableOf(seen);
  const current = currentRelease(seen.releases);
  const idle = current === null;
  const problem = problemOf(seen, idle ? found : null);
  const stable = found !== null && !('reason' in found) ? found : null;
  const status = statusOf(seen, stable, problem);
  const free = deployment !== null && problem === null && idle;
  const pending = free && deployment.held && stable !== null && deployment.revision !== stable.revision;
  const start =
    pending && 'metrics' in seen.metrics && !blocked(seen, status.tried)
      ? releaseOf(seen, deployment, stable, seen.metrics.metrics)
      : null;
  const finished = seen.releases.filter((release) => isFinal(release.status?.phase ?? 'Pending'));
  return {
    status,
    start,
    gate:
      deployment === null || deployment.gate !== undefined || deployment.optedOut
        ? null
        : rollout.metadata.name,
    resume: free && deployment.held && stable !== null && deployment.revision === stable.revision,
    problem,
    prune: finished.slice(0, Math.max(0, finished.length - HISTORY)),
  };
}
