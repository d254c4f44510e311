import type { Store } from '../ports/cluster.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import type { Log } from '../ports/telemetry.ts';
import { keyOf } from './key.ts';
import { isNoted, keysOfCore } from './key-mapping.ts';

/** Fraction of the interval by which it varies, so that replicas do not coincide. */
const JITTER = 0.2;

export interface ResyncDeps {
  readonly store: Store;
  /** Every namespace that may have objects. */
  readonly namespaces: () => Iterable<string>;
  readonly queue: Pick<ReconcileQueue, 'wake'>;
  readonly everyMs: number;
  readonly random: () => number;
  /** Waits, or ends early when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

function keysIn(store: Store, namespace: string): string[] {
  const noted = store.list('Deployment', namespace).filter(isNoted);
  return [
    ...store
      .list('Rollout', namespace)
      .flatMap((rollout) => keysOfCore(store, 'Rollout', rollout, () => [namespace])),
    ...store
      .list('Release', namespace)
      .flatMap((release) => keysOfCore(store, 'Release', release, () => [namespace])),
    ...noted.map(({ metadata }) => keyOf('workload', namespace, metadata.name)),
  ];
}

/** All existing keys, each once. */
export function everyKey({
  store,
  namespaces,
}: Pick<ResyncDeps, 'store' | 'namespaces'>): ReadonlySet<string> {
  return new Set([...namespaces()].flatMap((namespace) => keysIn(store, namespace)));
}

/** Wakes every key periodically until the signal is aborted, in case a wake was lost. */
export async function resync(deps: ResyncDeps, signal: AbortSignal): Promise<void> {
  const { everyMs, random, sleep, queue, log } = deps;
  for (;;) {
    await sleep(everyMs * (1 + JITTER * (random() - 0.5)), signal);
    if (signal.aborted) return;
    const keys = everyKey(deps);
    for (const key of keys) queue.wake(key);
    log.debug({ keys: keys.size }, 'resync');
  }
}
