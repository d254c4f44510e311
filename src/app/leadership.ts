import type { Kubernetes } from '../adapters/kubernetes/kubernetes.ts';
import { sleep } from '../adapters/kubernetes/sleep.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import type { KnownNamespaces } from '../reconcile/known-namespaces.ts';
import { resync } from '../reconcile/resync.ts';
import { createSingletons, type Singletons } from '../reconcile/singletons.ts';
import { worksWithoutLease } from './cluster.ts';
import type { People } from './people.ts';
import type { Runtime } from './runtime.ts';

interface Led {
  readonly kubernetes: Kubernetes;
  readonly namespaces: KnownNamespaces;
  readonly queue: ReconcileQueue;
  readonly people: People;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** What only one replica does, until the process stops. */
function singletonsOf({ config, random, log }: Runtime, led: Led): Singletons {
  const { kubernetes, namespaces, queue, stopping } = led;
  const everything = { store: kubernetes.store, namespaces: () => namespaces.all(), queue };
  const everyMs = config.resync;
  const singletons = createSingletons(
    { resync: (signal) => resync({ ...everything, everyMs, random, sleep, log }, signal) },
    log,
  );
  stopping.addEventListener('abort', () => singletons.lead(false), { once: true });
  return singletons;
}

/** Starts queue and messages, once the caches are complete and this process may work. */
function starterOf({ config, log }: Runtime, { kubernetes, queue, people }: Led): () => void {
  const mayWork = (): boolean => worksWithoutLease(config) || kubernetes.election.isLeader();
  let isWorking = false;
  return () => {
    if (!kubernetes.isSynced() || isWorking || !mayWork()) return;
    isWorking = true;
    log.info({ queue: config.queue, objects: kubernetes.store.sizes() }, 'working');
    queue.start();
    people.begin();
  };
}

/**
 * Starts the watches and the election, and the work as soon as allowed. Resolves when the required lease is lost; else
 * never.
 */
export function startWork(runtime: Runtime, led: Led): Promise<'lost'> {
  const { config, metrics } = runtime;
  const { kubernetes, stopping } = led;
  const { promise: lost, resolve: lose } = Promise.withResolvers<'lost'>();
  const singletons = singletonsOf(runtime, led);
  const begin = starterOf(runtime, led);
  kubernetes.election.subscribe((leading) => {
    metrics.leading(leading);
    if (stopping.aborted) return;
    singletons.lead(leading);
    begin();
    if (!leading && !worksWithoutLease(config)) lose('lost');
  });
  void kubernetes.start(stopping).then(begin);
  if (!config.leaderElect) singletons.lead(true);
  return lost;
}
