import type { Store, StoreChange } from '../ports/cluster.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import { keysOfChange } from './key-mapping.ts';

/** Turns changes into keys, and remembers where there was ever something. */
export interface Enqueuer {
  note(change: StoreChange): void;
  namespaces(): Iterable<string>;
}

/** Wakes the keys that changes concern. */
export function createEnqueuer(store: Store, queue: Pick<ReconcileQueue, 'wake'>): Enqueuer {
  const namespaces = new Set<string>();
  return {
    note: (change) => {
      namespaces.add(change.object.metadata.namespace ?? '');
      for (const key of keysOfChange(store, change, () => namespaces)) queue.wake(key);
    },
    namespaces: () => namespaces,
  };
}
