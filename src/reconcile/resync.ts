import type { Store } from '../ports/cluster.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import type { Log } from '../ports/telemetry.ts';
import { keyOf } from './key.ts';
import { isNoted, keysOfCore } from './key-mapping.ts';

/** Share of the interval by which it varies, so that replicas do not come at the same time. */
const JITTER = 0.2;

export interface ResyncDeps {
  readonly store: Store;
  /** Every namespace that may have something in it. */
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

/** Every key that there is something to see for, each once. */
export function everyKey({
  store,
  namespaces,
}: Pick<ResyncDeps, 'store' | 'namespaces'>): ReadonlySet<string> {
  return new Set([...namespaces()].flatMap((namespace) => keysIn(store, namespace)));
}

/** Wakes every key again and again until the signal is aborted: whatever else loses a wake, this finds it. */
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
