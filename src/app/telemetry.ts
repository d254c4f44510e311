import type { Kubernetes } from '../adapters/kubernetes/kubernetes.ts';
import { serveTelemetry } from '../adapters/telemetry/server.ts';
import { SluiceError, wordsOf } from '../errors.ts';
import type { Listening } from '../http/listen.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import { badShares } from '../reconcile/gauges/bad-shares.ts';
import { canaryWeights } from '../reconcile/gauges/canary-weights.ts';
import { supersededRuns } from '../reconcile/gauges/superseded.ts';
import type { KnownNamespaces } from '../reconcile/known-namespaces.ts';
import type { Worker } from '../reconcile/worker.ts';
import type { Runtime } from './runtime.ts';

/** A pass takes seconds at most, since every request has a timeout. An older pass will not end. */
const STUCK_MS = 5 * 60_000;

interface Observed {
  readonly kubernetes: Kubernetes;
  readonly namespaces: KnownNamespaces;
  readonly queue: ReconcileQueue;
  readonly worker: Worker;
  readonly stopping: AbortSignal;
}

function reportHealth({ health }: Runtime, { kubernetes, worker, stopping }: Observed): void {
  health.ready('process', () => (stopping.aborted ? 'is stopping' : null));
  health.ready('store', () => {
    const waited = kubernetes.status().find(({ synced, missing }) => !synced && !missing);
    return waited === undefined ? null : `${waited.resource}: ${waited.error ?? 'the first list is running'}`;
  });
  health.live('passes', () => {
    const oldest = worker.oldest();
    return oldest !== null && oldest.ms > STUCK_MS ? `${oldest.key} is stuck` : null;
  });
}

function reportGauges({ metrics }: Runtime, { kubernetes, namespaces, queue }: Observed): void {
  const { store } = kubernetes;
  metrics.follow({
    depth: () => queue.depth(),
    weights: () => canaryWeights(store, namespaces.all()),
    superseded: () => supersededRuns(store, namespaces.all()),
    shares: () => badShares(store, namespaces.all()),
    staleWatches: () => kubernetes.status().filter(({ error, missing }) => error !== null && !missing).length,
  });
}

/** Serves `/metrics`, `/healthz` and `/readyz` of the parts. An unavailable address is a configuration error. */
export async function openTelemetry(runtime: Runtime, observed: Observed): Promise<Listening> {
  const { config, health, metrics } = runtime;
  reportHealth(runtime, observed);
  reportGauges(runtime, observed);
  return serveTelemetry(config.httpAddress, health, metrics.registry).catch((error: unknown): never => {
    const why = wordsOf(error);
    throw new SluiceError('CONFIG_INVALID', `--http-address: ${why}`, { retry: 'terminal' });
  });
}
