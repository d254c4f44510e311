import { createMemoryQueue } from '../adapters/queue/memory.ts';
import type { RedisQueueDeps } from '../adapters/queue/redis.ts';
import type { QueueTelemetry, ReconcileQueue } from '../ports/queue.ts';
import type { Runtime } from './runtime.ts';

type Use = Pick<RedisQueueDeps, 'installation' | 'telemetry' | 'everyKey'>;

const SILENT: QueueTelemetry = { fallback: () => {}, connected: () => {} };

/** In Redis if configured. BullMQ is loaded only then: it costs memory and time at every start. */
async function open({ config, clock, random, log }: Runtime, use: () => Use): Promise<ReconcileQueue> {
  const { queue, redisUrl: url } = config;
  if (queue === 'memory' || url === undefined) return createMemoryQueue({ clock, random });
  const { createRedisQueue } = await import('../adapters/queue/redis.ts');
  return createRedisQueue({ url, clock, random, log, ...use() });
}

const installationOf = ({ config }: Runtime): string => `${config.leaseNamespace}/${config.leaseName}`;

/** The queue of the passes. `everyKey` are woken when the shards of another replica move here. */
export function openPassQueue(runtime: Runtime, everyKey: () => Iterable<string>): Promise<ReconcileQueue> {
  const installation = installationOf(runtime);
  return open(runtime, () => ({ installation, telemetry: runtime.metrics.queue(), everyKey }));
}

/**
 * The queue of Releases that have messages to deliver: its own, so that no pass waits for a receiver. A loss of Redis
 * is reported by the queue of the passes alone.
 */
export function openMessageQueue(runtime: Runtime): Promise<ReconcileQueue> {
  const installation = `${installationOf(runtime)}/notices`;
  return open(runtime, () => ({ installation, telemetry: SILENT }));
}
