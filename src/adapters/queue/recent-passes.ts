import type { Redis } from 'ioredis';
import { endsWithin } from './deadline.ts';
import { ANSWER_MS } from './redis-connection.ts';

/** A wake may be caused by a pass that has just ended: its writes come back as changes. */
const BEFORE_MS = 1_000;

/** Keys that had a pass recently, in any replica. */
export interface RecentPasses {
  /** A pass of the key has ended here. */
  note(key: string): void;
  /** Whether one has ended in any replica within the last `withinMs`; false if Redis does not answer. */
  has(key: string): Promise<boolean>;
}

/** Creates them. Redis expires each by its own clock: clocks of replicas may differ. */
export function createRecentPasses(redis: Redis, prefix: string, withinMs: number): RecentPasses {
  const at = (key: string): string => `${prefix}:${key}`;
  return {
    note: (key) => {
      redis.set(at(key), '1', 'PX', withinMs + BEFORE_MS).catch(() => undefined);
    },
    has: async (key) => {
      let seen = false;
      const asked = redis.exists(at(key)).then((count) => (seen = count > 0));
      await endsWithin(asked, ANSWER_MS);
      return seen;
    },
  };
}
