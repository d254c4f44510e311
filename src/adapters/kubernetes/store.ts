import type { KubeObject } from '../../api/meta.ts';
import type { CoreKind, Kind, Store } from '../../ports/cluster.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { WatchedKind } from '../../traffic/declaration.ts';
import { Cache, type Change } from './cache.ts';

/** A change of an object of the store. */
export interface StoreChange extends Change {
  readonly kind: Kind;
}

/** The store, filled by watches and by answers to our writes. */
export interface KubernetesStore extends Store {
  /**
   * Calls the listener after each change that is more than a new resourceVersion. What the listener throws is logged.
   */
  subscribe(listener: (change: StoreChange) => void): void;
  /** Applies the answer to a write, so that the next pass does not act on older state. */
  learn(object: KubeObject): void;
  /** Removes an object that one of our writes has deleted for good. */
  forget(object: KubeObject): void;
  /** Objects in memory, by kind. */
  sizes(): Readonly<Record<string, number>>;
  /** The cache of one kind, for its reflectors. */
  cache(kind: Kind): Cache;
}

/** The kinds that it keeps whatever the router. */
export const CORE_KINDS = [
  'Rollout',
  'Release',
  'AnalysisTemplate',
  'ClusterAnalysisTemplate',
  'Deployment',
  'ReplicaSet',
  'Service',
] as const satisfies readonly CoreKind[];

/** Makes an empty store for our kinds and those that routers read. */
export function createStore(log: Pick<Log, 'error'>, watches: readonly WatchedKind[]): KubernetesStore {
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
    CORE_KINDS.map((kind) => [kind, new Cache((change) => tell(kind, change))]),
  );
  for (const watch of watches) caches.set(watch.kind, new Cache((change) => tell(watch.kind, change), watch));
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
