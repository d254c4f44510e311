import type { Container, Probe } from './pod.ts';
import { runProbe } from './probe.ts';

/** What the probes of a container say. */
export interface HealthHandlers {
  /** The start-up probe passed, or there is none. */
  started(): void;
  ready(ok: boolean): void;
  /** The start-up or liveness probe failed for good: the container must be restarted. */
  unhealthy(): void;
}

type Check = (probe: Probe) => Promise<boolean>;

/** Runs the start-up probe until its verdict; true when it passed. */
async function awaitStartup(probe: Probe, check: Check, signal: AbortSignal): Promise<boolean | null> {
  const decided = new AbortController();
  let verdict: boolean | null = null;
  const end = (ok: boolean): void => {
    verdict = ok;
    decided.abort();
  };
  await runProbe(probe, () => check(probe), end, AbortSignal.any([signal, decided.signal]));
  return verdict;
}

/** Watches one life of a container by its probes, until the signal is aborted. Without a readiness probe it is ready. */
export async function watchHealth(
  { startupProbe, readinessProbe, livenessProbe }: Container,
  check: Check,
  handlers: HealthHandlers,
  signal: AbortSignal,
): Promise<void> {
  const up = startupProbe === undefined ? true : await awaitStartup(startupProbe, check, signal);
  if (up === false) handlers.unhealthy();
  if (up !== true || signal.aborted) return;
  handlers.started();
  const watch = async (probe: Probe | undefined, onVerdict: (ok: boolean) => void, impatient: boolean) =>
    probe === undefined ? undefined : runProbe(probe, () => check(probe), onVerdict, signal, impatient);
  if (readinessProbe === undefined) handlers.ready(true);
  await Promise.all([
    watch(readinessProbe, (ok) => handlers.ready(ok), true),
    watch(livenessProbe, (ok) => (ok ? undefined : handlers.unhealthy()), false),
  ]);
}
