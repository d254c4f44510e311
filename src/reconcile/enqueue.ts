import type { StoreChange } from '../ports/cluster.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import { keysOfChange } from './key-mapping.ts';
import type { KnownNamespaces } from './known-namespaces.ts';
import type { RouteUserDeps } from './route-users.ts';

/** Wakes the keys that changes concern, and remembers their namespaces. */
export function createEnqueuer(
  deps: RouteUserDeps,
  queue: Pick<ReconcileQueue, 'wake'>,
  namespaces: KnownNamespaces,
): (change: StoreChange) => void {
  return (change) => {
    namespaces.note(change);
    for (const key of keysOfChange({ ...deps, namespaces: () => namespaces.all() }, change)) queue.wake(key);
  };
}
