import type { Log } from '../ports/telemetry.ts';

/** Work for one process at a time. It runs until its signal is aborted. */
export type Singleton = (signal: AbortSignal) => Promise<void>;

/** Starts the work when this process begins to lead, and stops it when it no longer does. */
export interface Singletons {
  lead(leading: boolean): void;
}

/** Creates them, stopped. Failed work is logged, and restarted with the next leadership. */
export function createSingletons(work: Readonly<Record<string, Singleton>>, log: Log): Singletons {
  let running: AbortController | null = null;
  return {
    lead: (leading) => {
      running?.abort();
      running = leading ? new AbortController() : null;
      if (running === null) return;
      for (const [name, run] of Object.entries(work))
        run(running.signal).catch((err: unknown) => log.error({ err, singleton: name }, 'singleton failed'));
    },
  };
}
