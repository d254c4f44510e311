import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Fault, type PhaseFault, type Scene, SHARED_PLACES } from './fault.ts';

const LAST_MS = 5_000;

async function command(scene: Scene, ...words: readonly [string, ...string[]]): Promise<void> {
  const redis = new Redis(scene.redisUrl, { lazyConnect: true, maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  try {
    const [name, ...rest] = words;
    await redis.call(name, ...rest);
  } finally {
    redis.disconnect();
  }
}

function fault(name: string, about: string, inject: PhaseFault['inject']): Fault {
  return {
    name,
    about,
    at: 'phase',
    places: SHARED_PLACES,
    alone: 'redis',
    controllers: 2,
    queue: 'redis',
    inject,
  };
}

/** What can happen to Redis, when two controllers share the work by it. */
export const REDIS_FAULTS: readonly Fault[] = [
  fault('redis-down', 'Redis is killed and started again', async (scene) => {
    await scene.act('redis', 'kill');
    await delay(LAST_MS);
    await scene.act('redis', 'start');
  }),
  fault('redis-flushed', 'Redis loses all that it has', (scene) => command(scene, 'FLUSHALL')),
  fault('redis-slow', 'Redis does not answer for a while', async (scene) => {
    await command(scene, 'CLIENT', 'PAUSE', String(LAST_MS), 'ALL');
    await delay(LAST_MS);
  }),
  fault('redis-full', 'Redis is out of memory', async (scene) => {
    await command(scene, 'CONFIG', 'SET', 'maxmemory', '1');
    await delay(LAST_MS);
    await command(scene, 'CONFIG', 'SET', 'maxmemory', '0');
  }),
];
