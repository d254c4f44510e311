import type { KubeObject } from '../api/meta.ts';
import type { PatchOperation } from '../release/handover.ts';

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
}

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

/** Figures about what happened. */
export interface Telemetry {
  phaseLeft(phase: string, seconds: number): void;
  ended(outcome: string, reason: string): void;
  verdict(namespace: string, rollout: string, metric: string, verdict: string): void;
  weight(namespace: string, rollout: string, weight: number): void;
  forget(namespace: string, rollout: string): void;
}

/** A structured log; the message is constant, the figures are in the object. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The guard and the operations of a patch that leaves everything else as it is. */
export type { PatchOperation };
