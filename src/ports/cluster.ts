import type { KubeObject } from '../api/meta.ts';
import type { SecretKey } from '../api/notification.ts';
import type { Reason } from '../release/reasons/catalogue.ts';

/** The kinds that are kept in memory by watches, whatever the router. */
export type CoreKind =
  | 'Rollout'
  | 'Release'
  | 'AnalysisTemplate'
  | 'ClusterAnalysisTemplate'
  | 'Deployment'
  | 'ReplicaSet'
  | 'Service';

/** A kind that is kept in memory: our own kinds, and those that a router reads. */
export type Kind = CoreKind | (string & {});

/** Reads from memory. An object may be slightly stale: every write is guarded by what was read. */
export interface Store {
  get(kind: Kind, namespace: string, name: string): KubeObject | null;
  list(kind: Kind, namespace: string): readonly KubeObject[];
  /** Objects of all namespaces that name a Service of another one, by the key of that (`NAMESPACE/NAME`); absent where unknown. */
  naming?(kind: Kind, key: string): readonly KubeObject[];
}

/**
 * A value of a ConfigMap, read from the API server each time, or what a person must fix. Rejects if it cannot be
 * reached.
 */
export type ReadText = (
  namespace: string,
  at: { readonly name: string; readonly key: string },
) => Promise<{ readonly text: string } | { readonly problem: string }>;

/** Asks the API server, where memory may be late; what it answers is in memory from then on. */
export interface Reader {
  /** The object as it is now; null where it is gone. Rejects if the API server cannot be reached. */
  read(kind: Kind, namespace: string, name: string): Promise<KubeObject | null>;
}

/** Writes. Each fails with KUBERNETES_CONFLICT if the object has changed since it was read. */
export interface Writer {
  /** Creates the object; an existing object of that name is a conflict. */
  create(object: KubeObject): Promise<KubeObject>;
  /** Sends a JSON patch; its operations carry the guard. */
  patch(object: KubeObject, patch: readonly object[], subresource?: 'status'): Promise<KubeObject>;
  /** Deletes exactly this object (uid and resourceVersion); succeeds if it is gone. */
  remove(object: KubeObject): Promise<void>;
}

/** Records an event of an object. Never throws and never waits. */
export interface Events {
  record(regarding: KubeObject, type: 'Normal' | 'Warning', reason: Reason, note: string): void;
}

/** Values of Secrets, read each time, so that a rotated value is used at once. */
export interface Secrets {
  /** The value. Fails with SECRET_MISSING, which names Secret and key and never a value. */
  read(namespace: string, ref: SecretKey): Promise<string>;
}

/** A change that has reached the store. */
export interface StoreChange {
  readonly kind: Kind;
  /** The current object or, after a deletion, its last state. */
  readonly object: KubeObject;
  /** The object before a modification. */
  readonly previous: KubeObject | null;
}
