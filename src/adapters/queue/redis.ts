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

/** How long a key may wait in Redis before it also runs from this process. */
const NOTICE_MS = 5_000;
/** How long closing the connections may take. */
const CLOSE_MS = 2_000;

export interface RedisQueueDeps {
  /** `redis://`, `rediss://` or the path of a Unix socket. */
  readonly url: string;
  /** Distinguishes this installation from others in the same Redis. */
  readonly installation: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly telemetry: QueueTelemetry;
  readonly noticeMs?: number;
  /** All known keys: they are woken when the shards of a vanished replica move to this one. */
  readonly everyKey?: () => Iterable<string>;
}

/** The part shared by the replicas. */
interface Shared {
  readonly producer: Producer;
  readonly assignment: ShardAssignment;
  readonly recent: RecentPasses;
  disconnect(): void;
}

/** The part in this process. */
interface Local {
  readonly health: RedisHealth;
  readonly run: (key: string) => Promise<number | undefined>;
  readonly wake: (key: string) => void;
}

function openShared(deps: RedisQueueDeps, { health, run, wake }: Local): Shared {
  const { random, noticeMs = NOTICE_MS } = deps;
  const redis = openRedis(deps.url, random);
  // The braces keep all keys of the queue in one slot of a Redis Cluster.
  const prefix = `{sluice/${deps.installation}}`;
  const producer = createProducer({ ...deps, redis, prefix, health, handle: run });
  const takeOver = (isOurs: (key: string) => boolean): void => {
    for (const key of deps.everyKey?.() ?? []) if (isOurs(key)) wake(key);
  };
  const serve = (shards: ReadonlySet<number>): void => producer.serve(shards);
  const unfollow = followRedis(redis, health, `${prefix}:probe`);
  return {
    producer,
    assignment: createShardAssignment({ redis, at: `${prefix}:members`, random, serve, takeOver }),
    recent: createRecentPasses(redis, `${prefix}:seen`, noticeMs),
    disconnect: () => {
      unfollow();
      redis.disconnect();
    },
  };
}

/** Resolves to whether the running passes ended in time. */
async function close(
  shared: Shared,
  health: RedisHealth,
  passes: Promise<void>,
  graceMs: number,
): Promise<boolean> {
  const { producer } = shared;
  const closed = producer.close();
  const drained = await endsWithin(passes, graceMs);
  if (!drained || !health.up || !(await endsWithin(closed, CLOSE_MS))) await producer.abandon();
  shared.disconnect();
  return drained;
}

/**
 * The queue of several working replicas, in Redis by BullMQ. Redis distributes, and lets timed wake-ups outlive a
 * process; nothing depends on it. Each key is in a shard, which belongs to one replica as long as that lives, so that
 * what it has measured but not yet written is available to the next pass. This process watches the keys that it sends:
 * a key that Redis does not accept within 250 ms, or that nobody runs in time, runs from this process's own queue. That
 * sometimes causes an extra pass, which costs no request if there is nothing to do.
 */
export function createRedisQueue(deps: RedisQueueDeps): ReconcileQueue {
  const { clock, log, telemetry, noticeMs = NOTICE_MS } = deps;
  let state: 'open' | 'stopping' = 'open';
  const runner = createRunner({
    ...deps,
    onPass: (key) => timers.clear(key),
    onDone: (key, at) => {
      if (health.up) recent.note(key);
      if (at !== undefined && state === 'open') timers.set(key, at);
    },
  });
  const runHere = (key: string): void => {
    telemetry.fallback(health.up ? 'notSeen' : 'lost');
    void runner.run(key).then((at) => producer.wakeAt(key, at));
  };
  const onTimer = async (key: string): Promise<void> => {
    const hadPass = health.up && assignment.isElsewhere(key) && (await recent.has(key));
    if (!hadPass) runHere(key);
  };
  const timers = createTimers(clock, (key) => void onTimer(key));
  const health = createRedisHealth(log, telemetry, (up) => {
    timers.delayBy(up ? noticeMs : 0);
    if (up) for (const [key, at] of timers.entries()) producer.wakeAt(key, at);
    if (up) assignment.refresh();
  });
  const wakes = createBatch((key) => health.up && producer.wake(key));
  const wake = (key: string): void => {
    if (state !== 'open') return;
    if (!health.up) return runHere(key);
    timers.set(key, clock.now());
    wakes.add(key);
  };
  const shared = openShared(deps, { health, wake, run: (key) => runner.run(key) });
  const { producer, assignment, recent } = shared;
  return {
    wake,
    wakeAt: (key, at) => {
      if (state !== 'open') return;
      timers.set(key, at);
      producer.wakeAt(key, at);
    },
    process: (handler, { concurrency }) => {
      runner.process(handler, concurrency);
      producer.concurrency(concurrency);
    },
    start: () => {
      runner.start();
      assignment.join();
      wakes.open();
    },
    stop: (graceMs) => {
      state = 'stopping';
      assignment.leave();
      timers.clearAll();
      wakes.flush();
      return close(shared, health, runner.drain(), graceMs);
    },
    depth: () => ({ ...runner.depth(), timed: timers.size() }),
  };
}
