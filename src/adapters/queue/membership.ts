import type { Redis } from 'ioredis';

/** How often a replica sends a heartbeat, and after how long without one it counts as gone. */
const [BEAT_MS, GONE_MS] = [1_000, 3_000] as const;

/** Records one replica and drops silent ones, by the clock of Redis: clocks of replicas may differ. */
const BEAT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], 20 * ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
`;

/** The replicas that share a queue, including this one, as far as Redis knows. */
export interface Membership {
  /** Joins. */
  join(): void;
  /** Reads the members at once instead of at the next heartbeat. */
  refresh(): void;
  /** Leaves; the others notice at their next heartbeat. */
  leave(): void;
}

/** Creates the membership. `onMembers` gets the names of all members after each read. */
export function createMembership(
  redis: Redis,
  key: string,
  me: string,
  onMembers: (members: readonly string[]) => void,
): Membership {
  let timer: NodeJS.Timeout | null = null;
  let asking = false;
  const refresh = (): void => {
    if (timer === null || asking || redis.status !== 'ready') return;
    asking = true;
    redis
      .eval(BEAT, 1, key, me, GONE_MS)
      .then((names) => timer !== null && onMembers(names as string[]))
      // Users of the connection report its loss; the next heartbeat tries again.
      .catch(() => undefined)
      .finally(() => (asking = false));
  };
  return {
    join: () => {
      timer ??= setInterval(refresh, BEAT_MS);
      refresh();
    },
    refresh,
    leave: () => {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      if (redis.status === 'ready') redis.zrem(key, me).catch(() => undefined);
    },
  };
}
