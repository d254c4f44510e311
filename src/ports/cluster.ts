import type { KubeObject } from '../api/meta.ts';
import type { SecretKey } from '../api/notification.ts';

/** The kinds that are kept in memory by watches. */
export type Kind =
  | 'Rollout'
  | 'Release'
  | 'AnalysisTemplate'
  | 'ClusterAnalysisTemplate'
  | 'Deployment'
  | 'ReplicaSet'
  | 'Service'
  | 'VirtualService'
  | 'DestinationRule';

/** Reads, from memory. An object may be a moment old: every write is guarded by what was read. */
export interface Store {
  get(kind: Kind, namespace: string, name: string): KubeObject | null;
  list(kind: Kind, namespace: string): readonly KubeObject[];
  /** Objects of all namespaces that name a Service of another one, by the key of `foreignServices`; absent where unknown. */
  naming?(kind: Kind, key: string): readonly KubeObject[];
}

/** A value of a ConfigMap, read anew each time, or what a person must put right. Rejects where nobody can be asked. */
export type ReadText = (
  namespace: string,
  at: { readonly name: string; readonly key: string },
) => Promise<{ readonly text: string } | { readonly problem: string }>;

/** Writes. Each fails with KUBERNETES_CONFLICT where the object is not as it was read. */
export interface Writer {
  /** Creates the object; one of that name that exists already is a conflict. */
  create(object: KubeObject): Promise<KubeObject>;
  /** Sends a JSON patch; its operations carry the guard. */
  patch(object: KubeObject, patch: readonly object[], subresource?: 'status'): Promise<KubeObject>;
  /** Deletes this very object (uid and resourceVersion); one that is gone is fine. */
  remove(object: KubeObject): Promise<void>;
}

/** Tells people, through the events of an object. Never throws and never waits. */
export interface Events {
  record(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, note: string): void;
}

/** Values of Secrets, read anew each time, so that one that is rotated is used at once. */
export interface Secrets {
  /** The value. Fails with SECRET_MISSING, which names Secret and key and never a value. */
  read(namespace: string, ref: SecretKey): Promise<string>;
}

/** A change that the store has taken in. */
export interface StoreChange {
  readonly kind: Kind;
  /** What is there now or, when it was deleted, what was there last. */
  readonly object: KubeObject;
  /** What was there before a modification. */
  readonly previous: KubeObject | null;
}
