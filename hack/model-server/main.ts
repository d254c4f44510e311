import { flushCompileCache } from 'node:module';
import { behaviourOf } from './behaviour.ts';
import { quantileMs } from './latency.ts';
import { startModelServer } from './server.ts';

function log(line: object): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), ...line }));
}

/**
 * A stand-in for a model server, whose behaviour is in the environment (see `behaviour.ts`), and so in the pod
 * template. Waiting costs no CPU time. Writes one JSON line for each thing that happens.
 */
async function main(): Promise<void> {
  const behaviour = behaviourOf(process.env);
  const { version, pod, crashAfterSeconds, loadSeconds, healthy } = behaviour;
  if (crashAfterSeconds !== null) {
    setTimeout(() => {
      log({ message: 'crashing', version, pod });
      process.exit(1);
    }, crashAfterSeconds * 1_000);
  }
  const server = await startModelServer(behaviour, log);
  const p95Ms = Math.round(quantileMs(healthy.latency, 'p95'));
  log({ message: 'listening', version, pod, port: server.port, loadSeconds, p95Ms });
  // The next pod starts from compiled code, even if this one is killed.
  flushCompileCache();
  const stop = (): void => {
    server.drain().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(
    JSON.stringify({ message: 'cannot start', error: error instanceof Error ? error.message : error }),
  );
  process.exit(2);
});
