import { labelValue } from '../../api/derived-names.ts';
import type { Release } from '../../api/release/release.ts';
import { isFinal } from '../../release/machine.ts';
import { RELEASE_LABEL } from '../../workload/handover.ts';
import { type ObservedDeployment } from '../../workload/workload.ts';
import { type CommitDeps } from '../pass-deps.ts';
import { replicaSetsOf } from '../read/workloads.ts';
import { removeCanary } from '../release/commit-canary.ts';
import { type RouteUserDeps, watchedObjects } from '../route-users.ts';

/**
 * Removes canaries of the workload without a Release: it vanished without its finalizer (the Deployment owns them, too,
 * so they are not garbage-collected), or it ended before it knew of them, since the answer to their creation was lost.
 * A canary that a router still selects may have traffic, and is left.
 */
export async function removeOrphans(
  { store, routers, writer }: RouteUserDeps & Pick<CommitDeps, 'writer'>,
  deployment: ObservedDeployment,
): Promise<void> {
  const { namespace = '' } = deployment.object.metadata;
  const orphans = replicaSetsOf(store, namespace).filter(({ object, ownerUid, deleting }) => {
    const release = object.metadata.labels?.[RELEASE_LABEL];
    const { ownerReferences = [] } = object.metadata;
    const isOurs = release !== undefined && ownerReferences.some(({ uid }) => uid === deployment.uid);
    return isOurs && !deleting && ownerUid !== deployment.uid && !isLookedAfter(store, namespace, release);
  });
  if (orphans.length === 0) return;
  const isSelected = (hash: string): boolean =>
    routers.all.some((router) => router.selects(watchedObjects(store, router, namespace), hash));
  for (const orphan of orphans) if (!isSelected(orphan.hash)) await removeCanary(writer, orphan);
}

function isLookedAfter(store: CommitDeps['store'], namespace: string, label: string): boolean {
  const release = store
    .list('Release', namespace)
    .find(({ metadata }) => labelValue(metadata.name) === label) as Release | undefined;
  return release !== undefined && !isFinal(release.status?.phase ?? 'Pending');
}
