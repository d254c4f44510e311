import type { Store, StoreChange } from '../ports/cluster.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import { keysOfChange } from './key-mapping.ts';
import type { KnownNamespaces } from './known-namespaces.ts';

/** Wakes the keys that changes concern; the namespaces of the changes are known from then on. */
export function createEnqueuer(
  store: Store,
  queue: Pick<ReconcileQueue, 'wake'>,
  namespaces: KnownNamespaces,
): (change: StoreChange) => void {
  return (change) => {
    namespaces.note(change);
    for (const key of keysOfChange(store, change, () => namespaces.all())) queue.wake(key);
  };
}
