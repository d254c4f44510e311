import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait, and how often to look. */
export interface Patience {
  /** Milliseconds; a minute unless told. */
  readonly within?: number;
  /** Milliseconds between two looks; 100 unless told. */
  readonly every?: number;
}

/**
 * Looks until there is something, and answers it. `null`, `undefined` and `false` are nothing yet; an error of the
 * look is taken for nothing and is part of the message that the wait ends with, should it end in vain.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  { within = 60_000, every = 100 }: Patience = {},
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
