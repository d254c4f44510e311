import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** A queue under measurement. */
export interface Measured {
  wake(key: string): void;
  stop(): Promise<void>;
}

export type Handle = (key: string) => Promise<void>;

/**
 * What BullMQ alone makes of the same work: one queue, a worker for each replica, one job for a key by its
 * de-duplication, further tries with its exponential back-off.
 */
export function plainQueue(url: string, name: string, handle: Handle, concurrency: number): Measured {
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 200 });
  redis.on('error', () => {});
  const queue = new Queue<{ key: string }>('reconcile', {
    connection: redis,
    prefix: `{${name}}`,
    defaultJobOptions: {
      attempts: 20,
      backoff: { type: 'exponential', delay: 200, jitter: 0.5 },
      removeOnComplete: true,
      removeOnFail: true,
    },
  });
  const worker = new Worker<{ key: string }>('reconcile', ({ data }) => handle(data.key), {
    connection: redis,
    prefix: `{${name}}`,
    concurrency,
  });
  queue.on('error', () => {});
  worker.on('error', () => {});
  return {
    wake: (key) => {
      const deduplication = { id: key, keepLastIfActive: true, reschedule: true };
      queue.add('reconcile', { key }, { deduplication }).catch(() => {});
    },
    stop: async () => {
      await Promise.race([worker.close(true), new Promise((resolve) => setTimeout(resolve, 500))]);
      redis.disconnect();
    },
  };
}
