import type { Release } from '../../api/release/release.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';
import type { ObservedDeployment, ObservedReplicaSet, Revision, Template } from '../../workload/workload.ts';
import { isFinal } from '../machine.ts';
import type { Problem } from '../reasons/catalogue.ts';

/** The input for determining the stable version. */
export interface StableObservation {
  readonly rollout: Rollout;
  readonly deployment: ObservedDeployment | null;
  /** ReplicaSets that belong to the Deployment. */
  readonly owned: readonly ObservedReplicaSet[];
  /** Readable Releases of this Rollout, oldest first. */
  readonly releases: readonly Release[];
  readonly revision: Revision;
}

/** The version that serves while the Deployment is held. Its ReplicaSet may have been deleted. */
export type StableVersion = Pick<ObservedReplicaSet, 'name' | 'hash' | 'revision' | 'template'>;

/** The recorded template. */
interface Remembered {
  readonly hash: string;
  readonly name: string;
  readonly template: Template | undefined;
}

/** The template of a hash that was stable when one of the Releases began. */
function recordedTemplate(releases: readonly Release[], hash: string): Template | undefined {
  return releases.findLast(({ spec }) => spec.stable.podTemplateHash === hash)?.spec.stable.template;
}

/** The stable version after a Release. */
function leftBy({ spec, status }: Release): Remembered {
  const { podTemplateHash, replicaSet, template } = spec.stable;
  if (status?.phase !== 'Promoted') return { hash: podTemplateHash, name: replicaSet, template };
  const { canary } = spec;
  return { hash: canary.podTemplateHash, name: canary.replicaSet, template: undefined };
}

/** A promotion counts as soon as it ends, even if the Rollout has not recorded it yet. */
function isNoted({ rollout: { status } }: StableObservation, { metadata, status: end }: Release): boolean {
  return status?.last?.release === metadata.name && status.last.at === end?.finishedAt;
}

function remembered(seen: StableObservation): Remembered | null {
  const { releases, rollout } = seen;
  const current = releases.find((one) => !isFinal(one.status?.phase ?? 'Pending'));
  if (current !== undefined) return leftBy(current);
  const last = releases.at(-1);
  const stable = rollout.status?.stable;
  const isNews = last !== undefined && last.status?.phase === 'Promoted' && !isNoted(seen, last);
  if (last !== undefined && (stable === undefined || isNews)) return leftBy(last);
  if (stable === undefined) return null;
  const { podTemplateHash: hash, replicaSet: name } = stable;
  return { hash, name, template: stable.template ?? recordedTemplate(releases, hash) };
}

const unknown = ({ name }: ObservedDeployment, what: string): Problem => ({
  reason: 'StableLost',
  message: `Deployment ${name} is held and ${what}, so Sluice cannot tell what is to serve; write the pod template that is to serve, set the annotation sluice.dev/rollout=off and resume the Deployment, then remove the annotation`,
});

/** Without a record, the only version with pods counts as stable. */
function guessed(
  living: readonly ObservedReplicaSet[],
  deployment: ObservedDeployment,
): ObservedReplicaSet | Problem {
  const active = living.filter((one) => one.replicas > 0);
  const [only, ...others] = active.length === 0 ? living : active;
  if (only !== undefined && others.length === 0) return only;
  return active.length > 1
    ? updating(deployment, active)
    : unknown(deployment, 'none of its ReplicaSets has pods or is known to be stable');
}

/** A Deployment that was held in the middle of an update that must not be interrupted. */
export function updating({ name }: ObservedDeployment, active: readonly ObservedReplicaSet[]): Problem {
  const names = active.map((one) => one.name).join(', ');
  return {
    reason: 'WorkloadUpdating',
    message: `Deployment ${name} was in the middle of a rolling update when it was held (ReplicaSets ${names} have pods). Write the template of one of them back, or set the annotation sluice.dev/rollout=off and resume it`,
  };
}

/** Annotation with the revision number of the Deployment controller; the newest has the greatest. */
export const NUMBER = 'deployment.kubernetes.io/revision';

/** That number; 0 if there is none. */
export const numberOf = ({ object }: ObservedReplicaSet): number =>
  Number(object.metadata.annotations?.[NUMBER] ?? 0);

/**
 * A version that was released unchecked while no controller ran and has replaced the recorded one: it has all pods, and
 * was rolled out later. A ReplicaSet that was only scaled up keeps its number, unless it is that of the held template.
 */
function letThrough(
  living: readonly ObservedReplicaSet[],
  known: ObservedReplicaSet,
  { revision }: ObservedDeployment,
): ObservedReplicaSet | undefined {
  const [only, ...others] = living.filter(({ replicas }) => replicas > 0);
  if (only === undefined || others.length > 0 || only.revision === revision) return undefined;
  return numberOf(only) > numberOf(known) ? only : undefined;
}

/**
 * The stable version, or why it cannot be determined; null if there is none. While the Deployment is paused, the record
 * decides and not what has pods: after a scale to 0 and back, the Deployment controller scales up the ReplicaSet of the
 * held template, or the newest.
 */
export function stableOf(seen: StableObservation): StableVersion | Problem | null {
  const { deployment, owned } = seen;
  if (deployment === null) return null;
  const living = owned.filter((one) => !one.deleting);
  if (!deployment.paused) return living.find((one) => one.revision === deployment.revision) ?? null;
  const known = remembered(seen);
  if (known === null) return guessed(living, deployment);
  const { hash, name, template } = known;
  const found = living.find((one) => one.hash === hash);
  if (found !== undefined) return letThrough(living, found, deployment) ?? found;
  if (template === undefined)
    return unknown(deployment, `ReplicaSet ${name} of stable is gone, with its pod template`);
  return { hash, name, template, revision: seen.revision(template) };
}
