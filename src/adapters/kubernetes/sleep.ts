import { setTimeout as wait } from 'node:timers/promises';

/** Waits; ends early, and without an error, when the signal is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
