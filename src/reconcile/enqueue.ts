import type { KubeObject } from '../api/meta.ts';
import type { Kind, Store } from '../ports/cluster.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import { keysOfChange } from './key-mapping.ts';

/** A change that the store has taken in. */
export interface StoreChange {
  readonly kind: Kind;
  /** What is there now or, when it was deleted, what was there last. */
  readonly object: KubeObject;
  /** What was there before a modification. */
  readonly previous: KubeObject | null;
}

/** Turns changes into keys, and remembers where there was ever something. */
export interface Changes {
  note(change: StoreChange): void;
  namespaces(): Iterable<string>;
}

/** Wakes the keys that changes concern. */
export function createChanges(store: Store, queue: Pick<ReconcileQueue, 'wake'>): Changes {
  const namespaces = new Set<string>();
  return {
    note: (change) => {
      namespaces.add(change.object.metadata.namespace ?? '');
      for (const key of keysOfChange(store, change, () => namespaces)) queue.wake(key);
    },
    namespaces: () => namespaces,
  };
}
