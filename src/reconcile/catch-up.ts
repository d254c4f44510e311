import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import type { Rollout } from '../api/rollout/rollout.ts';
import type { Reader, Store } from '../ports/cluster.ts';
import { currentRelease } from '../release/rollout/new-release.ts';
import { type ReleasesDeps, releasesOf } from './read/releases.ts';

/** What reading past the watches needs. */
export type CatchUpDeps = ReleasesDeps & { readonly store: Store; readonly reader: Reader };

/** Names of Releases by which ReplicaSets of the workload are controlled. */
function controllersOf(store: Store, namespace: string, workload: string): string[] {
  const uid = store.get('Deployment', namespace, workload)?.metadata.uid;
  return store.list('ReplicaSet', namespace).flatMap(({ metadata: { ownerReferences = [] } }) => {
    const isOurs = ownerReferences.some((owner) => owner.uid === uid);
    return isOurs ? ownerReferences.filter(({ kind }) => kind === 'Release').map(({ name }) => name) : [];
  });
}

/** Releases that other objects name, and that memory does not have. */
function unknownReleases(store: Store, namespace: string, name: string): readonly string[] {
  const rollout = store.get('Rollout', namespace, name) as Rollout | null;
  if (rollout === null) return [];
  const { status, spec } = rollout;
  const named = [status?.release ?? [], controllersOf(store, namespace, spec.target?.name ?? '')].flat();
  return [...new Set(named)].filter((release) => store.get('Release', namespace, release) === null);
}

/** Whether the Deployment is not there, or is as it was before the Release began. */
function isFromBefore(deployment: KubeObject | null, { spec: { workload } }: Release): boolean {
  if (deployment === null) return true;
  const { uid, generation = 0 } = deployment.metadata;
  return uid === workload.uid && generation < (workload.generation ?? 0);
}

/**
 * Each kind has its own watch, and one may be late: a replica that continues what another has begun would mistake an
 * unknown Release for none, and a Deployment from before a release for a reverted push. If one object shows that
 * another must exist or be newer, that object is read from the API server.
 */
export async function catchUp(deps: CatchUpDeps, namespace: string, name: string): Promise<void> {
  const { store, reader } = deps;
  for (const release of unknownReleases(store, namespace, name))
    await reader.read('Release', namespace, release);
  const current = currentRelease(releasesOf(deps, namespace, name).readable);
  if (current === null) return;
  if (store.get('Rollout', namespace, name) === null) await reader.read('Rollout', namespace, name);
  const workload = current.spec.workload.name;
  if (isFromBefore(store.get('Deployment', namespace, workload), current))
    await reader.read('Deployment', namespace, workload);
}
