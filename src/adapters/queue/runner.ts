import type { Clock } from '../../clock.ts';
import type { KeyHandler } from '../../ports/queue.ts';
import { createBackoff } from './backoff.ts';

/** Dependencies of running keys in this process. */
export interface RunnerDeps {
  readonly clock: Clock;
  readonly random: () => number;
  /** Called when a pass begins: all earlier wakes of this key are covered. */
  readonly onPass?: (key: string) => void;
  /** Called when a pass has ended, with the time at which the key should run again. */
  readonly onDone?: (key: string, wakeAt: number | undefined) => void;
}

/** Runs the handler in this process: one pass for a key at a time, as many keys at once as allowed. */
export interface Runner {
  /**
   * Asks for a pass that begins after this call; several calls before it begins share one. Resolves when it has ended,
   * to the time at which the key should run again (epoch milliseconds), also for a retry. Never rejects; never resolves
   * if `drain` comes before the pass.
   */
  run(key: string): Promise<number | undefined>;
  /** The same without waiting. */
  wake(key: string): void;
  process(handler: KeyHandler, concurrency: number): void;
  start(): void;
  /** Starts no further pass; resolves when running ones have ended. */
  drain(): Promise<void>;
  depth(): { waiting: number; active: number };
}

type Waiter = (wakeAt: number | undefined) => void;

/** Runs a handler once; an error becomes the time of the next try. */
function createAttempt(clock: Clock, random: () => number) {
  const backoff = createBackoff(random);
  return async (handle: KeyHandler, key: string): Promise<number | undefined> => {
    try {
      const { wakeAt } = await handle(key);
      backoff.succeeded(key);
      return wakeAt;
    } catch (error) {
      const delay = backoff.failed(key, error);
      return delay === null ? undefined : clock.now() + delay;
    }
  };
}

function enqueue(waiting: Map<string, Waiter[]>, key: string, ...waiters: Waiter[]): void {
  const known = waiting.get(key);
  if (known === undefined) waiting.set(key, waiters);
  else known.push(...waiters);
}

/** Makes a runner. */
export function createRunner({ clock, random, onPass, onDone }: RunnerDeps): Runner {
  const attempt = createAttempt(clock, random);
  /** In the order of requests; the waiters of a key share its next pass. */
  const waiting = new Map<string, Waiter[]>();
  const active = new Set<string>();
  let handler: KeyHandler | null = null;
  let room = 0;
  let state: 'idle' | 'running' | 'draining' = 'idle';
  const { promise: drained, resolve: markDrained } = Promise.withResolvers<void>();

  const pass = async (handle: KeyHandler, key: string, waiters: readonly Waiter[]): Promise<void> => {
    active.add(key);
    onPass?.(key);
    const wakeAt = await attempt(handle, key);
    active.delete(key);
    onDone?.(key, wakeAt);
    for (const waiter of waiters) waiter(wakeAt);
    if (state === 'draining' && active.size === 0) markDrained();
    fill();
  };

  const fill = (): void => {
    if (state !== 'running' || handler === null) return;
    for (const [key, waiters] of waiting) {
      if (active.size >= room) return;
      if (active.has(key)) continue;
      waiting.delete(key);
      void pass(handler, key, waiters);
    }
  };

  return {
    run: (key) => {
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      if (state === 'draining') return promise;
      enqueue(waiting, key, resolve);
      fill();
      return promise;
    },
    wake: (key) => {
      enqueue(waiting, key);
      fill();
    },
    process: (handle, concurrency) => {
      handler = handle;
      room = concurrency;
    },
    start: () => {
      if (state === 'idle') state = 'running';
      fill();
    },
    drain: () => {
      state = 'draining';
      waiting.clear();
      if (active.size === 0) markDrained();
      return drained;
    },
    depth: () => ({ waiting: waiting.size, active: active.size }),
  };
}
