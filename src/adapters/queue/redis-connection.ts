import { Redis } from 'ioredis';
import { endsWithin } from './deadline.ts';
import type { RedisHealth } from './redis-health.ts';

/** Maximum wait for Redis to accept a key; after that it runs from this process. */
export const ANSWER_MS = 250;
/** Interval of tries while Redis is lost, and the number of failures on an open connection before it is dropped. */
const [PROBE_MS, PROBES_BEFORE_RECONNECT] = [500, 6] as const;
const [FIRST_RETRY_MS, LONGEST_RETRY_MS] = [100, 1_000] as const;

/** A connection that reconnects for ever; commands wait for it, so each caller has its own timeout. */
export function openRedis(url: string, random: () => number): Redis {
  return new Redis(url, {
    // BullMQ asks for null; the timeout is the caller's.
    maxRetriesPerRequest: null,
    connectTimeout: 2_000,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * times) * (0.5 + random() / 2),
    // After a failover the old primary refuses writes; only a new connection finds the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
}

/** A write within the time: a full or read-only Redis counts as lost. */
async function takesWrites(redis: Redis, key: string): Promise<boolean> {
  if (redis.status !== 'ready') return false;
  const write = redis.set(key, '1', 'PX', 60_000);
  let failed = false;
  write.catch(() => (failed = true));
  return (await endsWithin(write, ANSWER_MS)) && !failed;
}

/** Watches a connection: reports to `RedisHealth` when it breaks, and keeps trying. Returns how to stop. */
export function followRedis(redis: Redis, health: RedisHealth, probeKey: string): () => void {
  let silent = 0;
  let lastError = 'the connection was closed';
  const look = async (): Promise<void> => {
    if (health.up) return;
    if (await takesWrites(redis, probeKey)) {
      silent = 0;
      health.ended();
    } else if (redis.status === 'ready' && ++silent % PROBES_BEFORE_RECONNECT === 0) {
      redis.disconnect(true);
    }
  };
  const timer = setInterval(() => void look(), PROBE_MS);
  redis.on('ready', () => void look());
  redis.on('error', (error: Error) => {
    lastError = error.message;
  });
  const onClose = (): void => health.began(lastError);
  redis.on('close', onClose);
  return () => {
    clearInterval(timer);
    redis.off('close', onClose);
  };
}
