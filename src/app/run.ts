import type { Config } from '../config/config.ts';
import { createKnownNamespaces } from '../reconcile/known-namespaces.ts';
import { everyKey } from '../reconcile/resync.ts';
import { openWebhook } from './admission-webhook.ts';
import { connectCluster, reportIdentity } from './cluster.ts';
import { startWork } from './leadership.ts';
import { createMeasuring } from './measuring.ts';
import { createPasses } from './passes.ts';
import { createPeople } from './people.ts';
import { openMessageQueue, openPassQueue } from './queues.ts';
import { createRuntime } from './runtime.ts';
import { shutDown } from './shutdown.ts';
import { exitOnFaults, untilSignalled } from './signals.ts';
import { openTelemetry } from './telemetry.ts';

/** Runs the controller until it is signalled to stop or loses its lease; returns the exit code. */
export async function run(config: Config, version: string): Promise<number> {
  const runtime = await createRuntime(config, version);
  const { log, health } = runtime;
  const { identity, queue: kind, namespaces: watched } = config;
  exitOnFaults(log);
  const signalled = untilSignalled(log);
  const stopping = new AbortController();

  // The parts. None does anything yet.
  const { kubernetes, server } = await connectCluster(runtime);
  const { store } = kubernetes;
  const namespaces = createKnownNamespaces();
  const queue = await openPassQueue(runtime, () => everyKey({ store, namespaces: () => namespaces.all() }));
  const people = createPeople(runtime, { kubernetes, namespaces, queue: await openMessageQueue(runtime) });
  const measuring = createMeasuring(runtime, kubernetes, queue);
  const worker = createPasses(runtime, { kubernetes, namespaces, measuring, people, queue });

  // Addresses: metrics and health, the admission webhook, approvals.
  const parts = { kubernetes, namespaces, queue, people, worker, stopping: stopping.signal };
  const telemetry = await openTelemetry(runtime, parts);
  const webhook = await openWebhook(runtime, kubernetes.client);
  health.ready('webhook', () => webhook.problem());
  await people.listen();

  // The watches fill the store, the election picks who works, and the passes begin.
  log.info({ version, identity, server, queue: kind, namespaces: watched }, 'starting');
  void reportIdentity(kubernetes, runtime);
  const lost = startWork(runtime, parts);

  const why = await Promise.race([signalled, lost]);
  stopping.abort();
  if (why === 'lost') {
    log.error({ identity }, 'the lease is lost: another may lead, so this process ends');
    return 1;
  }
  log.info({ signal: why }, 'stopping');
  await shutDown(runtime, { queue, people, webhook, kubernetes, telemetry });
  log.info({}, 'stopped');
  return 0;
}
