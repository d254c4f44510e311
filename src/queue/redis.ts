import type { Clock } from '../clock.ts';
import type { Log, QueueTelemetry, ReconcileQueue } from '../reconcile/ports.ts';
import { createAlarms } from './alarms.ts';
import { createBatch } from './batch.ts';
import { createCourier } from './courier.ts';
import { endsWithin } from './deadline.ts';
import { createOutage } from './outage.ts';
import { followRedis, openRedis } from './redis-connection.ts';
import { createRunner } from './runner.ts';

/** How long a key may stay unseen in Redis before it runs from this process as well. */
const NOTICE_MS = 5_000;
/** How long the tidy end of the connections may take. */
const CLOSE_MS = 2_000;

export interface RedisQueueDeps {
  /** `redis://`, `rediss://` or the path of a Unix socket. */
  readonly url: string;
  /** What tells this installation from others in the same Redis. */
  readonly installation: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly telemetry: QueueTelemetry;
  readonly noticeMs?: number;
}

/**
 * The queue of several working replicas, in Redis by BullMQ. Redis distributes, and lets timed wake-ups outlive a
 * process; it is not needed for anything to happen. Whatever this process has put in, it also watches: a key that
 * Redis does not take within 250 ms, or that does not run here in time, runs from this process's own queue. With
 * several replicas that is at times a pass more than needed; one that finds nothing to do costs no request.
 */
export function createRedisQueue(deps: RedisQueueDeps): ReconcileQueue {
  const { clock, log, telemetry } = deps;
  let state: 'open' | 'stopping' = 'open';
  const runner = createRunner({
    ...deps,
    onPass: (key) => alarms.clear(key),
    onDone: (key, at) => at !== undefined && state === 'open' && alarms.set(key, at),
  });
  const runHere = (key: string): void => {
    telemetry.fallback(outage.up ? 'notSeen' : 'lost');
    void runner.run(key).then((at) => courier.wakeAt(key, at));
  };
  const alarms = createAlarms(clock, runHere);
  const outage = createOutage(log, telemetry, (up) => {
    alarms.delayBy(up ? (deps.noticeMs ?? NOTICE_MS) : 0);
    if (up) for (const [key, at] of alarms.entries()) courier.wakeAt(key, at);
  });
  const redis = openRedis(deps.url, deps.random);
  // The braces keep all keys of the queue in one slot of a Redis Cluster.
  const prefix = `{sluice/${deps.installation}}`;
  const courier = createCourier({ redis, prefix, clock, log, outage, handle: (key) => runner.run(key) });
  const unfollow = followRedis(redis, outage, `${prefix}:probe`);
  const wakes = createBatch((key) => outage.up && courier.wake(key));

  return {
    wake: (key) => {
      if (state !== 'open') return;
      if (!outage.up) return runHere(key);
      alarms.set(key, clock.now());
      wakes.add(key);
    },
    wakeAt: (key, at) => {
      if (state !== 'open') return;
      alarms.set(key, at);
      courier.wakeAt(key, at);
    },
    process: (handler, { concurrency }) => {
      runner.process(handler, concurrency);
      courier.concurrency(concurrency);
    },
    start: () => {
      runner.start();
      courier.start();
      wakes.open();
    },
    stop: async (graceMs) => {
      state = 'stopping';
      alarms.clearAll();
      wakes.flush();
      const closed = courier.close();
      const drained = await endsWithin(runner.drain(), graceMs);
      if (!drained || !outage.up || !(await endsWithin(closed, CLOSE_MS))) await courier.abandon();
      unfollow();
      redis.disconnect();
      return drained;
    },
    depth: () => ({ ...runner.depth(), timed: alarms.size() }),
  };
}
