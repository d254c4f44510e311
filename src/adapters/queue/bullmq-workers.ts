import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '../../ports/telemetry.ts';
import { endsWithin } from './deadline.ts';

/** A process that is gone loses its jobs after this; its keys have run elsewhere long before. */
const LOCK_MS = 15_000;
/** How long an end by force may take. */
const ABANDON_MS = 500;

/** All that a job carries. */
const JobData = z.object({ key: z.string() });
export type JobData = z.infer<typeof JobData>;

type KeyWorker = Worker<JobData, number | undefined>;

/** Name of the queue of a share. */
export const queueOf = (share: number): string => `reconcile-${share}`;

/** What BullMQ says of its connections; that Redis is lost is told by the outage. */
export const errorsTo =
  (log: Log) =>
  (err: Error): void =>
    log.debug({ err }, 'redis queue reported an error');

export interface WorkersDeps {
  readonly redis: Redis;
  readonly prefix: string;
  readonly log: Log;
  /** Runs a key that Redis hands to this process; resolves to when it wants to be woken again. */
  readonly handle: (key: string) => Promise<number | undefined>;
}

/** Takes keys from the queues of the shares that this process serves, one worker for each. */
export interface Workers {
  concurrency(concurrency: number): void;
  /** Takes keys of these shares from now on, and no further ones of others. */
  serve(shares: ReadonlySet<number>): void;
  /** Takes no further key; resolves when those it has taken are done. */
  close(): Promise<void>;
  /** Ends what `close` did not. */
  abandon(): Promise<void>;
}

function openWorker({ redis, prefix, log, handle }: WorkersDeps, share: number): KeyWorker {
  const work = (job: Job<JobData>): Promise<number | undefined> => handle(JobData.parse(job.data).key);
  const worker: KeyWorker = new Worker(queueOf(share), work, {
    connection: redis,
    prefix,
    autorun: false,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS,
    // A key is never given up for having been in the hands of processes that died.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 1_000,
  });
  worker.on('error', errorsTo(log));
  return worker;
}

/** Makes the crew. `onDone` gets each key that has run, and when it wants to be woken again. */
export function createWorkers(
  deps: WorkersDeps,
  onDone: (key: string, at: number | undefined) => void,
): Workers {
  const { log } = deps;
  const workers = new Map<number, KeyWorker>();
  /** Of shares that are another's by now, until their last key is done. */
  const leaving = new Set<KeyWorker>();
  let most = 1;

  const take = (share: number): void => {
    const worker = openWorker(deps, share);
    worker.concurrency = most;
    worker.on('completed', (job, at) => onDone(job.data.key, at));
    worker.run().catch((err: unknown) => log.error({ err }, 'redis worker has ended'));
    workers.set(share, worker);
  };
  const leave = async (share: number, worker: KeyWorker): Promise<void> => {
    workers.delete(share);
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
    serve: (shares) => {
      for (const [share, worker] of workers) if (!shares.has(share)) void leave(share, worker);
      for (const share of shares) if (!workers.has(share)) take(share);
    },
    close: async () => void (await Promise.all(all().map((worker) => worker.close()))),
    abandon: async () => {
      const ended = Promise.all(all().map((worker) => worker.disconnect()));
      await endsWithin(ended, ABANDON_MS);
    },
  };
}
