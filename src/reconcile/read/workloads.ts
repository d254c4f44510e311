import { perObject } from '../../api/memo.ts';
import type { Store } from '../../ports/cluster.ts';
import { revisionOf } from '../../workload/revision.ts';
import {
  type ObservedDeployment,
  type ObservedReplicaSet,
  observeDeployment,
  observeReplicaSet,
} from '../../workload/workload.ts';

const readDeployment = perObject((object) => observeDeployment(object, revisionOf));

const readReplicaSet = perObject((object) => observeReplicaSet(object, revisionOf));

/** The workload of a namespace by name. */
export function deploymentOf(store: Store, namespace: string, name: string): ObservedDeployment | null {
  const object = store.get('Deployment', namespace, name);
  return object === null ? null : readDeployment(object);
}

/** All ReplicaSets of a namespace. */
export function replicaSetsOf(store: Store, namespace: string): readonly ObservedReplicaSet[] {
  return store.list('ReplicaSet', namespace).map(readReplicaSet);
}
