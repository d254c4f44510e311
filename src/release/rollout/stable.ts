import type { Release } from '../../api/release.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { ObservedDeployment, ObservedReplicaSet, Revision, Template } from '../../workload/workload.ts';
import { isFinal } from '../machine.ts';
import type { Problem } from '../reasons/catalogue.ts';

/** What it takes to tell which version is stable. */
export interface StableObservation {
  readonly rollout: Rollout;
  readonly deployment: ObservedDeployment | null;
  /** ReplicaSets that belong to the Deployment. */
  readonly owned: readonly ObservedReplicaSet[];
  /** Releases of this Rollout that can be read, oldest first. */
  readonly releases: readonly Release[];
  readonly revision: Revision;
}

/** The version that serves while the Deployment is held. Its ReplicaSet may be gone. */
export type StableVersion = Pick<ObservedReplicaSet, 'name' | 'hash' | 'revision' | 'template'>;

/** What is remembered of it. */
interface Remembered {
  readonly hash: string;
  readonly name: string;
  readonly template: Template | undefined;
}

/** The template under which a hash served when one of the Releases began. */
function recordedTemplate(releases: readonly Release[], hash: string): Template | undefined {
  return releases.findLast(({ spec }) => spec.stable.podTemplateHash === hash)?.spec.stable.template;
}

/** What a Release leaves as stable. */
function leftBy({ spec, status }: Release): Remembered {
  const { podTemplateHash, replicaSet, template } = spec.stable;
  if (status?.phase !== 'Promoted') return { hash: podTemplateHash, name: replicaSet, template };
  const { canary } = spec;
  return { hash: canary.podTemplateHash, name: canary.replicaSet, template: undefined };
}

/** A promotion counts from the moment of its end, though the Rollout has yet to take it in. */
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

/** Where nothing is remembered, what has pods is taken for stable, as long as that is one. */
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

/** A Deployment that was held in the middle of an update that nobody may cut short. */
export function updating({ name }: ObservedDeployment, active: readonly ObservedReplicaSet[]): Problem {
  const names = active.map((one) => one.name).join(', ');
  return {
    reason: 'WorkloadUpdating',
    message: `Deployment ${name} was in the middle of a rolling update when it was held (ReplicaSets ${names} have pods). Write the template of one of them back, or set the annotation sluice.dev/rollout=off and resume it`,
  };
}

/** Annotation with the number that the Deployment controller gives to what it rolls out; the newest has the greatest. */
export const NUMBER = 'deployment.kubernetes.io/revision';

/** That number; 0 where there is none. */
export const numberOf = ({ object }: ObservedReplicaSet): number =>
  Number(object.metadata.annotations?.[NUMBER] ?? 0);

/**
 * What was let through while no controller looked, and has replaced what is known: it has all pods, and was rolled out
 * later. A ReplicaSet that was merely given pods keeps its number, unless it is that of the held template.
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
 * The version that is stable, or what keeps it from being told; null where there is none. While the Deployment is
 * paused, what is known decides and not what has pods: scaled to nothing and up again, the Deployment controller gives the
 * pods to the ReplicaSet of the template that is held, or to the newest.
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
