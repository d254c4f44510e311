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
  forget(namespace: string, rollout: string): void;
}

/** Share of the traffic that a canary is to get, in percent. */
export interface CanaryWeight {
  readonly namespace: string;
  readonly rollout: string;
  readonly weight: number;
}

/** A structured log; the message is constant, the figures are in the object. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Handles one key. Answers when to come back without being woken (epoch milliseconds), if at all. What it throws is
 * tried again as a `SluiceError` says, anything else with back-off.
 */
export type KeyHandler = (key: string) => Promise<{ readonly wakeAt?: number }>;

/** Keys by what they are doing in this process, for figures. */
export interface QueueDepth {
  readonly waiting: number;
  readonly active: number;
  readonly timed: number;
}

/**
 * Carries keys to the handler: de-duplicated, one pass for a key at a time in this process, and a pass that begins
 * after the last wake. Nothing but the key is carried, so that a pass always acts on what is there when it runs.
 */
export interface ReconcileQueue {
  /** Runs the handler soon. Never throws and never waits. */
  wake(key: string): void;
  /** Runs the handler at a time (epoch milliseconds), or earlier; a pass that begins before it replaces it. */
  wakeAt(key: string, at: number): void;
  /** Sets the handler, before `start`. */
  process(handler: KeyHandler, options: { readonly concurrency: number }): void;
  /** Begins to hand keys to the handler, those woken before it included. */
  start(): void;
  /** Takes no further key; resolves to whether all passes under way have ended within `graceMs`. */
  stop(graceMs: number): Promise<boolean>;
  depth(): QueueDepth;
}

/** Figures of a queue that is shared by several processes. */
export interface QueueTelemetry {
  /** A key ran from this process's own queue: the shared one was lost, or did not run it here in time. */
  fallback(cause: 'lost' | 'notSeen'): void;
  connected(connected: boolean): void;
}

/** The guard and the operations of a patch that leaves everything else as it is. */
export type { PatchOperation };
