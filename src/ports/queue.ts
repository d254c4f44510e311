/**
 * Handles one key. Returns when to run again without being woken (epoch milliseconds), if at all. What it throws is
 * retried as a `SluiceError` says, anything else with back-off.
 */
export type KeyHandler = (key: string) => Promise<{ readonly wakeAt?: number }>;

/** Number of keys by state in this process, for metrics. */
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
  /** Runs the handler as soon as possible. Never throws and never waits. */
  wake(key: string): void;
  /** Runs the handler at a time (epoch milliseconds), or earlier; a pass that begins before it replaces it. */
  wakeAt(key: string, at: number): void;
  /** Sets the handler, before `start`. */
  process(handler: KeyHandler, options: { readonly concurrency: number }): void;
  /** Begins to run the handler, also for keys woken earlier. */
  start(): void;
  /** Accepts no further key; resolves to whether all running passes ended within `graceMs`. */
  stop(graceMs: number): Promise<boolean>;
  depth(): QueueDepth;
}

/** Figures of a queue that is shared by several processes. */
export interface QueueTelemetry {
  /** A key ran from this process's own queue, because the shared queue was lost or did not run it in time. */
  fallback(cause: 'lost' | 'notSeen'): void;
  connected(connected: boolean): void;
}
