import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '../../ports/telemetry.ts';
import { endsWithin } from './deadline.ts';

/** A vanished process loses its jobs after this time; its keys have run elsewhere long before. */
const LOCK_MS = 15_000;
/** How long a forced close may take. */
const ABANDON_MS = 500;

/** The data of a job. */
const JobData = z.object({ key: z.string() });
export type JobData = z.infer<typeof JobData>;

type KeyWorker = Worker<JobData, number | undefined>;

/** Name of the queue of a shard. */
export const queueOf = (shard: number): string => `reconcile-${shard}`;

/** Errors of BullMQ's connections; `RedisHealth` reports the loss of Redis. */
export const errorsTo =
  (log: Log) =>
  (err: Error): void =>
    log.debug({ err }, 'redis queue reported an error');

export interface WorkersDeps {
  readonly redis: Redis;
  readonly prefix: string;
  readonly log: Log;
  /** Runs a key from Redis; resolves to when it should run again. */
  readonly handle: (key: string) => Promise<number | undefined>;
}

/** Takes keys from the queues of this process's shards, with one worker for each. */
export interface Workers {
  concurrency(concurrency: number): void;
  /** Takes keys of these shards from now on, and no more keys of others. */
  serve(shards: ReadonlySet<number>): void;
  /** Takes no more keys; resolves when running ones are done. */
  close(): Promise<void>;
  /** Ends by force what `close` did not. */
  abandon(): Promise<void>;
}

function openWorker({ redis, prefix, log, handle }: WorkersDeps, shard: number): KeyWorker {
  const work = (job: Job<JobData>): Promise<number | undefined> => handle(JobData.parse(job.data).key);
  const worker: KeyWorker = new Worker(queueOf(shard), work, {
    connection: redis,
    prefix,
    autorun: false,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS,
    // A key is never dropped because processes died while running it.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 1_000,
  });
  worker.on('error', errorsTo(log));
  return worker;
}

/** Creates the workers. `onDone` gets each key that has run, and when it should run again. */
export function createWorkers(
  deps: WorkersDeps,
  onDone: (key: string, at: number | undefined) => void,
): Workers {
  const { log } = deps;
  const workers = new Map<number, KeyWorker>();
  /** Workers of shards that now belong to others, until their last key is done. */
  const leaving = new Set<KeyWorker>();
  let most = 1;

  const take = (shard: number): void => {
    const worker = openWorker(deps, shard);
    worker.concurrency = most;
    worker.on('completed', (job, at) => onDone(job.data.key, at));
    worker.run().catch((err: unknown) => log.error({ err }, 'redis worker has ended'));
    workers.set(shard, worker);
  };
  const leave = async (shard: number, worker: KeyWorker): Promise<void> => {
    workers.delete(shard);
    leaving.add(worker);
    await worker.close().catch((err: unknown) => log.debug({ err }, 'redis worker did not end well'));
    leaving.delete(worker);
  };
  const all = (): KeyWorker[] => [...workers.values(), ...leaving];

  return {
    concurrency: (concurrency) => {
      most = concurrency;
      for (const worker of workers.values()) worker.concurrency = concurrency;
    },
    serve: (shards) => {
      for (const [shard, worker] of workers) if (!shards.has(shard)) void leave(shard, worker);
      for (const shard of shards) if (!workers.has(shard)) take(shard);
    },
    close: async () => void (await Promise.all(all().map((worker) => worker.close()))),
    abandon: async () => {
      const ended = Promise.all(all().map((worker) => worker.disconnect()));
      await endsWithin(ended, ABANDON_MS);
    },
  };
}
