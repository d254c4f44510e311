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
