import type { KubeObject } from '../../api/meta.ts';
import type { Kind, Store } from '../../ports/cluster.ts';
import type { Log } from '../../ports/telemetry.ts';
import { foreignServices } from '../../traffic/istio/foreign.ts';
import { Cache, type Change } from './cache.ts';

/** A change of an object of the store. */
export interface StoreChange extends Change {
  readonly kind: Kind;
}

/** The store that watches fill and writes of ours teach. */
export interface KubernetesStore extends Store {
  /** Calls the listener after each change that is more than a new resourceVersion. What it throws is logged. */
  subscribe(listener: (change: StoreChange) => void): void;
  /** Takes in the answer to a write, so that the next pass does not act on what was before it. */
  learn(object: KubeObject): void;
  /** Takes an object out that a write of ours has deleted for good. */
  forget(object: KubeObject): void;
  /** Objects in memory, by kind. */
  sizes(): Readonly<Record<string, number>>;
  /** The cache of one kind, for its reflectors. */
  cache(kind: Kind): Cache;
}

export const KINDS = [
  'Rollout',
  'Release',
  'AnalysisTemplate',
  'ClusterAnalysisTemplate',
  'Deployment',
  'ReplicaSet',
  'Service',
  'VirtualService',
  'DestinationRule',
] as const satisfies readonly Kind[];

/** Kinds that may name Services of other namespaces. */
const ROUTING: ReadonlySet<Kind> = new Set(['VirtualService', 'DestinationRule']);

/** Makes an empty store. `namespaces` bounds what it learns from writes; null is all. */
export function createStore(log: Pick<Log, 'error'>): KubernetesStore {
  const listeners: ((change: StoreChange) => void)[] = [];
  const tell = (kind: Kind, change: Change): void => {
    for (const listener of listeners) {
      try {
        listener({ kind, ...change });
      } catch (err) {
        log.error({ err, kind, name: change.object.metadata.name }, 'listener of the store failed');
      }
    }
  };
  const caches = new Map<string, Cache>(
    KINDS.map((kind) => [
      kind,
      new Cache((change) => tell(kind, change), ROUTING.has(kind) ? foreignServices : undefined),
    ]),
  );
  const cache = (kind: Kind): Cache => {
    const found = caches.get(kind);
    if (found === undefined) throw new TypeError(`the store does not keep objects of kind ${kind}`);
    return found;
  };
  return {
    get: (kind, namespace, name) => cache(kind).get(namespace, name),
    list: (kind, namespace) => cache(kind).list(namespace),
    naming: (kind, key) => cache(kind).keyed(key),
    subscribe: (listener) => {
      listeners.push(listener);
    },
    learn: (object) => caches.get(object.kind)?.learn(object),
    forget: (object) => caches.get(object.kind)?.forget(object),
    sizes: () => Object.fromEntries([...caches].map(([kind, { size }]) => [kind, size])),
    cache,
  };
}
