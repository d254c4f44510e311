import type { Kubernetes } from '../adapters/kubernetes/kubernetes.ts';
import type { Listening } from '../http/listen.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import type { Webhook } from './admission-webhook.ts';
import type { People } from './people.ts';
import type { Runtime } from './runtime.ts';

/** For what follows the grace of the passes: events, watches, lease, connections. */
const TIDY_MS = 8_000;

interface Parts {
  readonly queue: ReconcileQueue;
  readonly people: People;
  readonly webhook: Webhook;
  readonly kubernetes: Kubernetes;
  readonly telemetry: Listening;
}

/** In order: no further keys, the running passes, events and lease, then the rest and the last traces. Exits if it takes too long. */
export async function shutDown({ config, log, tracing }: Runtime, parts: Parts): Promise<void> {
  const { queue, people, webhook, kubernetes, telemetry } = parts;
  const grace = config.shutdownGrace;
  const late = setTimeout(() => {
    log.error({}, 'could not stop in time');
    process.exit(1);
  }, grace + TIDY_MS);
  const [drained] = await Promise.all([queue.stop(grace), people.stop(grace)]);
  if (!drained) log.warn({ grace }, 'passes did not end within the grace');
  await webhook.close();
  await kubernetes.stop();
  await telemetry.close();
  await tracing.stop();
  clearTimeout(late);
}
