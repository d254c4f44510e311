import type { Clock } from '../../clock.ts';
import type { QueueTelemetry, ReconcileQueue } from '../../ports/queue.ts';
import type { Log } from '../../ports/telemetry.ts';
import { createBatch } from './batch.ts';
import { createProducer, type Producer } from './bullmq-producer.ts';
import { endsWithin } from './deadline.ts';
import { createRecentPasses, type RecentPasses } from './recent-passes.ts';
import { followRedis, openRedis } from './redis-connection.ts';
import { createRedisHealth, type RedisHealth } from './redis-health.ts';
import { createRunner } from './runner.ts';
import { createShardAssignment, type ShardAssignment } from './shard-assignment.ts';
import { createTimers } from './timers.ts';

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
  /** Every key that there is something to see for: looked at when the share of a replica that is gone comes to this one. */
  readonly everyKey?: () => Iterable<string>;
}

/** What the replicas share. */
interface Shared {
  readonly courier: Producer;
  readonly holdings: ShardAssignment;
  readonly sightings: RecentPasses;
  disconnect(): void;
}

/** What is done in this process. */
interface Local {
  readonly outage: RedisHealth;
  readonly run: (key: string) => Promise<number | undefined>;
  readonly wake: (key: string) => void;
}

function openShared(deps: RedisQueueDeps, { outage, run, wake }: Local): Shared {
  const { random, noticeMs = NOTICE_MS } = deps;
  const redis = openRedis(deps.url, random);
  // The braces keep all keys of the queue in one slot of a Redis Cluster.
  const prefix = `{sluice/${deps.installation}}`;
  const courier = createProducer({ ...deps, redis, prefix, outage, handle: run });
  const takeOver = (isOurs: (key: string) => boolean): void => {
    for (const key of deps.everyKey?.() ?? []) if (isOurs(key)) wake(key);
  };
  const serve = (shares: ReadonlySet<number>): void => courier.serve(shares);
  const unfollow = followRedis(redis, outage, `${prefix}:probe`);
  return {
    courier,
    holdings: createShardAssignment({ redis, at: `${prefix}:members`, random, serve, takeOver }),
    sightings: createRecentPasses(redis, `${prefix}:seen`, noticeMs),
    disconnect: () => {
      unfollow();
      redis.disconnect();
    },
  };
}

/** Resolves to whether the passes under way have ended in time. */
async function close(
  shared: Shared,
  outage: RedisHealth,
  passes: Promise<void>,
  graceMs: number,
): Promise<boolean> {
  const { courier } = shared;
  const closed = courier.close();
  const drained = await endsWithin(passes, graceMs);
  if (!drained || !outage.up || !(await endsWithin(closed, CLOSE_MS))) await courier.abandon();
  shared.disconnect();
  return drained;
}

/**
 * The queue of several working replicas, in Redis by BullMQ. Redis distributes, and lets timed wake-ups outlive a
 * process; it is not needed for anything to happen. Each key is in a share that is one replica's as long as that is
 * there, so that what it has measured and not yet written is there for the next pass. Whatever this process has put
 * in, it also watches: a key that Redis does not take within 250 ms, or that nobody runs in time, runs from this
 * process's own queue. That is at times a pass more than needed; one that finds nothing to do costs no request.
 */
export function createRedisQueue(deps: RedisQueueDeps): ReconcileQueue {
  const { clock, log, telemetry, noticeMs = NOTICE_MS } = deps;
  let state: 'open' | 'stopping' = 'open';
  const runner = createRunner({
    ...deps,
    onPass: (key) => alarms.clear(key),
    onDone: (key, at) => {
      if (outage.up) sightings.note(key);
      if (at !== undefined && state === 'open') alarms.set(key, at);
    },
  });
  const runHere = (key: string): void => {
    telemetry.fallback(outage.up ? 'notSeen' : 'lost');
    void runner.run(key).then((at) => courier.wakeAt(key, at));
  };
  const ring = async (key: string): Promise<void> => {
    const isSeen = outage.up && holdings.areAnothers(key) && (await sightings.has(key));
    if (!isSeen) runHere(key);
  };
  const alarms = createTimers(clock, (key) => void ring(key));
  const outage = createRedisHealth(log, telemetry, (up) => {
    alarms.delayBy(up ? noticeMs : 0);
    if (up) for (const [key, at] of alarms.entries()) courier.wakeAt(key, at);
    if (up) holdings.look();
  });
  const wakes = createBatch((key) => outage.up && courier.wake(key));
  const wake = (key: string): void => {
    if (state !== 'open') return;
    if (!outage.up) return runHere(key);
    alarms.set(key, clock.now());
    wakes.add(key);
  };
  const shared = openShared(deps, { outage, wake, run: (key) => runner.run(key) });
  const { courier, holdings, sightings } = shared;
  return {
    wake,
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
      holdings.join();
      wakes.open();
    },
    stop: (graceMs) => {
      state = 'stopping';
      holdings.leave();
      alarms.clearAll();
      wakes.flush();
      return close(shared, outage, runner.drain(), graceMs);
    },
    depth: () => ({ ...runner.depth(), timed: alarms.size() }),
  };
}
