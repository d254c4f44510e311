/**
 * Counts of several windows that are tested as one. A block lasts at least this long, so that a shorter burst counts
 * once, and has at least this many requests of each version, so that their difference is approximately normal.
 */
export const BLOCK = { seconds: 30, events: 30 } as const;
