import { type JobsOptions, Queue } from 'bullmq';
import type { Clock } from '../../clock.ts';
import {
  createWorkers,
  errorsTo,
  type JobData,
  queueOf,
  type Workers,
  type WorkersDeps,
} from './bullmq-workers.ts';
import { endsWithin } from './deadline.ts';
import { ANSWER_MS } from './redis-connection.ts';
import type { RedisHealth } from './redis-health.ts';
import { ALL_SHARDS, shardOf } from './shards.ts';

export interface ProducerDeps extends WorkersDeps {
  readonly clock: Clock;
  readonly health: RedisHealth;
}

/**
 * Sends keys to Redis, to the queue of their shard, and receives them. `close` also waits until their next times are
 * stored.
 */
export interface Producer extends Workers {
  wake(key: string): void;
  wakeAt(key: string, at: number | undefined): void;
}

/** Runs now; repeated calls count once, and a call while it runs is kept for afterwards. */
const wakeOptions = (key: string): JobsOptions => ({
  deduplication: { id: key, keepLastIfActive: true, reschedule: true },
});
/** Runs later, unless the key will run anyway: that pass decides again when to come back. */
const timedOptions = (key: string, delay: number): JobsOptions => ({ delay, deduplication: { id: key } });

/** The queue of each shard. */
function openQueues({ redis, prefix, log }: ProducerDeps): (key: string) => Queue<JobData> {
  const open = (shard: number): Queue<JobData> => {
    const queue = new Queue<JobData>(queueOf(shard), {
      connection: redis,
      prefix,
      // Retries are ours: without Redis they are needed anyway, and two kinds of back-off would differ.
      defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    });
    queue.on('error', errorsTo(log));
    return queue;
  };
  const queues = new Map(ALL_SHARDS.map((shard) => [shard, open(shard)]));
  return (key) => queues.get(shardOf(key)) as Queue<JobData>;
}

/** Creates the producer of a connection. A key that Redis does not accept in time is reported to `RedisHealth`. */
export function createProducer(deps: ProducerDeps): Producer {
  const { clock, health } = deps;
  const queueFor = openQueues(deps);
  const pending = new Set<Promise<void>>();

  const put = async (key: string, options: JobsOptions): Promise<void> => {
    let why: string | null = 'no answer in time';
    const adding = queueFor(key)
      .add('reconcile', { key }, options)
      .then(
        () => (why = null),
        (error: unknown) => (why = String(error)),
      );
    await endsWithin(adding, ANSWER_MS);
    if (why !== null) health.began(why);
  };
  const add = (key: string, options: JobsOptions): void => {
    const adding = put(key, options);
    pending.add(adding);
    void adding.then(() => pending.delete(adding));
  };
  const wakeAt = (key: string, at: number | undefined): void => {
    if (at === undefined || !health.up) return;
    add(key, timedOptions(key, Math.max(0, at - clock.now())));
  };
  const workers = createWorkers(deps, wakeAt);

  return {
    ...workers,
    wake: (key) => add(key, wakeOptions(key)),
    wakeAt,
    close: async () => {
      await workers.close();
      await Promise.all(pending);
    },
  };
}
