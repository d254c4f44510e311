import type { StoreChange } from '../ports/cluster.ts';

/** Every namespace that ever had an object: an extra one does no harm. */
export interface KnownNamespaces {
  note(change: Pick<StoreChange, 'object'>): void;
  all(): Iterable<string>;
}

/** Knows none yet. */
export function createKnownNamespaces(): KnownNamespaces {
  const namespaces = new Set<string>();
  return {
    note: ({ object }) => void namespaces.add(object.metadata.namespace ?? ''),
    all: () => namespaces,
  };
}
