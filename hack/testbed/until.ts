import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait, and how often to poll. */
export interface PollOptions {
  /** Milliseconds; default one minute. */
  readonly within?: number;
  /** Milliseconds between two polls; default 100. */
  readonly every?: number;
}

/**
 * Polls until there is a value, and returns it. `null`, `undefined`, `false` and errors mean not yet; the last error is
 * part of the message if the time is up.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  { within = 60_000, every = 100 }: PollOptions = {},
): Promise<T> {
  const last = performance.now() + within;
  let seen: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== null && found !== undefined && found !== false) return found;
      seen = undefined;
    } catch (error) {
      seen = error;
    }
    if (performance.now() > last) {
      throw new Error(`waited ${Math.round(within / 1_000)} s in vain until ${what}`, { cause: seen });
    }
    await delay(every);
  }
}
