import { join } from 'node:path';
import { pino } from 'pino';
import { createKubeClient, type KubeClient } from '../../../src/adapters/kubernetes/client.ts';
import { sleep } from '../../../src/adapters/kubernetes/sleep.ts';
import { systemClock } from '../../../src/clock.ts';
import { createAddresses } from './addresses.ts';
import { createAgent } from './agent.ts';
import { keepNode } from './heartbeat.ts';
import { connectByKubeconfig } from './kubeconfig.ts';
import { nodeOptionsOf } from './options.ts';

/** Requests at once for pods. */
const MOST_REQUESTS = 16;

/**
 * Plays kubelet for one Node of the local cluster: registers it, keeps its heartbeat, and runs each pod bound to it as
 * processes of this machine, or as none (see `pod-worker.ts` for the modes and `hooks.ts` for what tests can ask of a
 * pod). Its processes end with it. A kubelet that dies while its containers live on is played by SIGSTOP; a machine
 * that dies, by SIGKILL.
 */
async function main(): Promise<void> {
  const options = nodeOptionsOf(process.argv.slice(2));
  const log = pino({ base: { node: options.name } });
  const warn = (fields: object, message: string): void => log.warn(fields, message);
  const addresses = createAddresses(options.podCidr);
  const connection = await connectByKubeconfig(options.kubeconfig);
  const clientOf = (concurrency: number): KubeClient =>
    createKubeClient(connection, {
      userAgent: `node-agent/${options.name}`,
      timeoutMs: 10_000,
      concurrency,
      clock: systemClock,
    });
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGTERM', stop).once('SIGINT', stop);

  const pods = Math.min(options.pods, addresses.size);
  const spec = { ...options, pods, address: addresses.node };
  const compileCache = join(options.logDir, 'compile-cache');
  const base = { clock: systemClock, sleep, warn };
  const agent = createAgent({
    ...base,
    ...options,
    client: clientOf(MOST_REQUESTS),
    nodeName: options.name,
    addresses,
    compileCache,
  });
  await Promise.all([
    // A client of its own, so that heartbeats do not wait behind thousands of pods.
    keepNode(
      { ...base, client: clientOf(1), spec },
      () => log.info({ mode: options.mode, spec }, 'node registered'),
      stopping.signal,
    ),
    agent.run(stopping.signal),
  ]);
  log.info('node agent stopped');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
