import type { Redis } from 'ioredis';

/** How often a replica says that it is there, and after how long without a word it is not. */
const [BEAT_MS, GONE_MS] = [1_000, 3_000] as const;

/** Notes one replica and forgets those that have been silent, by the clock of Redis: those of the replicas may differ. */
const BEAT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], 20 * ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
`;

/** The replicas that share a queue, this one among them, as far as Redis knows. */
export interface Membership {
  /** Takes part from now on. */
  join(): void;
  /** Asks at once who is there, and not at the next beat. */
  look(): void;
  /** Takes part no longer; the others learn of it with their next beat. */
  leave(): void;
}

/** Makes them. `onSight` gets the names of all that are there, whenever Redis has told them. */
export function createMembership(
  redis: Redis,
  key: string,
  me: string,
  onSight: (members: readonly string[]) => void,
): Membership {
  let timer: NodeJS.Timeout | null = null;
  let asking = false;
  const look = (): void => {
    if (timer === null || asking || redis.status !== 'ready') return;
    asking = true;
    redis
      .eval(BEAT, 1, key, me, GONE_MS)
      .then((names) => timer !== null && onSight(names as string[]))
      // Whoever uses the connection tells of its end; the next beat tries again.
      .catch(() => undefined)
      .finally(() => (asking = false));
  };
  return {
    join: () => {
      timer ??= setInterval(look, BEAT_MS);
      look();
    },
    look,
    leave: () => {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      if (redis.status === 'ready') redis.zrem(key, me).catch(() => undefined);
    },
  };
}
