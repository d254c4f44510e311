import { type Job, type JobsOptions, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Log } from '../reconcile/ports.ts';
import { endsWithin } from './deadline.ts';
import type { Outage } from './outage.ts';
import { ANSWER_MS } from './redis-connection.ts';

/** A process that is gone loses its jobs after this; its keys have run elsewhere long before. */
const LOCK_MS = 15_000;
/** How long an end by force may take. */
const ABANDON_MS = 500;

/** All that a job carries. */
const JobData = z.object({ key: z.string() });
type JobData = z.infer<typeof JobData>;

export interface CourierDeps {
  readonly redis: Redis;
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly outage: Outage;
  /** Runs a key that Redis hands to this process; resolves to when it wants to be woken again. */
  readonly handle: (key: string) => Promise<number | undefined>;
}

/** Takes keys to Redis and from it. */
export interface Courier {
  wake(key: string): void;
  wakeAt(key: string, at: number | undefined): void;
  concurrency(concurrency: number): void;
  start(): void;
  /** Takes no further key from Redis; resolves when those it has taken are done and their next times are in Redis. */
  close(): Promise<void>;
  /** Ends what `close` did not. */
  abandon(): Promise<void>;
}

/** Runs now, once however often it is asked for; while it runs, one more is kept for afterwards. */
const wakeOptions = (key: string): JobsOptions => ({
  deduplication: { id: key, keepLastIfActive: true, reschedule: true },
});
/** Runs later, unless the key is to run anyway: that pass will say anew when to come back. */
const timedOptions = (key: string, delay: number): JobsOptions => ({ delay, deduplication: { id: key } });

function openJobs({ redis, prefix, handle, log }: CourierDeps) {
  const common = { connection: redis, prefix };
  const queue = new Queue<JobData>('reconcile', {
    ...common,
    // Further tries are ours: with those of BullMQ a wake that comes meanwhile would wait for all of them.
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  });
  const work = (job: Job<JobData>): Promise<number | undefined> => handle(JobData.parse(job.data).key);
  const worker = new Worker<JobData, number | undefined>('reconcile', work, {
    ...common,
    autorun: false,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS,
    // A key is never given up for having been in the hands of processes that died.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 1_000,
  });
  const onError = (err: Error): void => log.debug({ err }, 'redis queue reported an error');
  queue.on('error', onError);
  worker.on('error', onError);
  return { queue, worker };
}

/** Makes the courier of a connection. A key that Redis does not take in time tells the outage. */
export function createCourier(deps: CourierDeps): Courier {
  const { clock, log, outage } = deps;
  const { queue, worker } = openJobs(deps);
  const pending = new Set<Promise<void>>();

  const put = async (key: string, options: JobsOptions): Promise<void> => {
    let why: string | null = 'no answer in time';
    const adding = queue.add('reconcile', { key }, options).then(
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
  worker.on('completed', (job, at) => wakeAt(job.data.key, at));

  return {
    wake: (key) => add(key, wakeOptions(key)),
    wakeAt,
    concurrency: (concurrency) => {
      worker.concurrency = concurrency;
    },
    start: () => {
      worker.run().catch((err: unknown) => log.error({ err }, 'redis worker has ended'));
    },
    close: async () => {
      await worker.close();
      await Promise.all(pending);
    },
    abandon: async () => void (await endsWithin(worker.disconnect(), ABANDON_MS)),
  };
}
