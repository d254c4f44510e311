import type { StoreChange } from '../ports/cluster.ts';

/** Every namespace in which there was ever something: to look at one too many does no harm. */
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
