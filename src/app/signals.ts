import type { Log } from '../ports/telemetry.ts';

/** Ends the process after an internal error; the next process finds all state in the objects. */
export function exitOnFaults(log: Log): void {
  const die = (message: string) => (err: unknown) => {
    log.error({ err }, message);
    process.exit(1);
  };
  process.on('uncaughtException', die('fault: uncaught exception'));
  process.on('unhandledRejection', die('fault: unhandled rejection'));
}

/** Resolves to the name of the first signal to stop; a second one ends the process at once. */
export function untilSignalled(log: Log): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let isStopping = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => {
      if (isStopping) {
        log.warn({ signal: name }, 'stopping at once');
        process.exit(1);
      }
      isStopping = true;
      resolve(name);
    });
  return promise;
}
