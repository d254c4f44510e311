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
  readonly outage: RedisHealth;
}

/** Takes keys to Redis, to the queue of their share, and from it. `close` also waits until their next times are there. */
export interface Producer extends Workers {
  wake(key: string): void;
  wakeAt(key: string, at: number | undefined): void;
}

/** Runs now, once however often it is asked for; while it runs, one more is kept for afterwards. */
const wakeOptions = (key: string): JobsOptions => ({
  deduplication: { id: key, keepLastIfActive: true, reschedule: true },
});
/** Runs later, unless the key is to run anyway: that pass will say anew when to come back. */
const timedOptions = (key: string, delay: number): JobsOptions => ({ delay, deduplication: { id: key } });

/** The queue of each share. */
function openQueues({ redis, prefix, log }: ProducerDeps): (key: string) => Queue<JobData> {
  const open = (share: number): Queue<JobData> => {
    const queue = new Queue<JobData>(queueOf(share), {
      connection: redis,
      prefix,
      // Further tries are ours: with those of BullMQ a wake that comes meanwhile would wait for all of them.
      defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    });
    queue.on('error', errorsTo(log));
    return queue;
  };
  const queues = new Map(ALL_SHARDS.map((share) => [share, open(share)]));
  return (key) => queues.get(shardOf(key)) as Queue<JobData>;
}

/** Makes the courier of a connection. A key that Redis does not take in time tells the outage. */
export function createProducer(deps: ProducerDeps): Producer {
  const { clock, outage } = deps;
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
    if (why !== null) outage.began(why);
  };
  const add = (key: string, options: JobsOptions): void => {
    const adding = put(key, options);
    pending.add(adding);
    void adding.then(() => pending.delete(adding));
  };
  const wakeAt = (key: string, at: number | undefined): void => {
    if (at === undefined || !outage.up) return;
    add(key, timedOptions(key, Math.max(0, at - clock.now())));
  };
  const crew = createWorkers(deps, wakeAt);

  return {
    ...crew,
    wake: (key) => add(key, wakeOptions(key)),
    wakeAt,
    close: async () => {
      await crew.close();
      await Promise.all(pending);
    },
  };
}
