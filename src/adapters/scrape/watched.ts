import type { Clock } from '../../clock.ts';
import { createHistory, type History } from './history.ts';
import { namespaceOf, type Wanted } from './round.ts';
import { parseSelectors } from './selector.ts';

/** A query with its results. */
export interface Watched extends Wanted {
  readonly history: History;
  /** Monotonic time of the last request. */
  askedAt: number;
  /** Its running round, and when that began (epoch milliseconds). */
  round: { readonly at: number; readonly done: Promise<void> } | null;
}

/** Maximum number of queries, of series in all their histories, and how long they are kept after the last request. */
const [MOST_QUERIES, MOST_SERIES, MEMORY_MS] = [2_000, 500_000, 60 * 60_000];

/** The active queries; the least recently requested are dropped first. */
export interface WatchList {
  /** The query, or why pods cannot be scraped for it. Records the request. */
  ask(query: string): Watched | { readonly problem: string };
  /** Queries requested in the last `ms`. */
  askedWithin(ms: number): readonly Watched[];
}

function watched(query: string, now: number): Watched | { readonly problem: string } {
  const parsed = parseSelectors(query);
  if ('problem' in parsed) return parsed;
  const scope = namespaceOf(parsed.selectors);
  if ('problem' in scope) return scope;
  return { ...scope, ...parsed, history: createHistory(), askedAt: now, round: null };
}

/** Creates an empty list. */
export function createWatchList(clock: Pick<Clock, 'monotonic'>): WatchList {
  const known = new Map<string, Watched>();
  const shrink = (): void => {
    const oldest = [...known].toSorted(([, a], [, b]) => a.askedAt - b.askedAt);
    let size = oldest.reduce((sum, [, { history }]) => sum + history.size(), 0);
    for (const [query, { askedAt, history }] of oldest) {
      const stale = clock.monotonic() - askedAt > MEMORY_MS;
      if (!stale && known.size < MOST_QUERIES && size < MOST_SERIES) return;
      known.delete(query);
      size -= history.size();
    }
  };
  return {
    ask: (query) => {
      const now = clock.monotonic();
      const before = known.get(query);
      if (before !== undefined) {
        before.askedAt = now;
        return before;
      }
      const made = watched(query, now);
      if ('problem' in made) return made;
      shrink();
      known.set(query, made);
      return made;
    },
    askedWithin: (ms) => {
      const since = clock.monotonic() - ms;
      return [...known.values()].filter(({ askedAt }) => askedAt >= since);
    },
  };
}
