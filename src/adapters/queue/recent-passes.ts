import type { Redis } from 'ioredis';
import { endsWithin } from './deadline.ts';
import { ANSWER_MS } from './redis-connection.ts';

/** A pass that has just ended may be what the wake was about: its writes come back as changes. */
const BEFORE_MS = 1_000;

/** Which keys had a pass lately, in any replica. */
export interface RecentPasses {
  /** A pass of the key has ended here. */
  note(key: string): void;
  /** Whether one has ended anywhere within the last `withinMs`; false where Redis does not tell. */
  has(key: string): Promise<boolean>;
}

/** Makes them. Redis forgets each by its own clock: those of the replicas may differ. */
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
