import { randomBytes } from 'node:crypto';
import { NO_TRACING } from '../adapters/tracing/off.ts';
import { type OtelVariables, tracesAreOn } from '../adapters/tracing/settings.ts';
import type { Clock } from '../clock.ts';
import type { Log, Tracing } from '../ports/telemetry.ts';

/** Traces, if the OTEL_ variables name a receiver; else their code is not even loaded. */
export async function openTracing(
  env: OtelVariables,
  { version, clock, log }: { readonly version: string; readonly clock: Clock; readonly log: Log },
): Promise<Tracing> {
  if (!tracesAreOn(env)) return NO_TRACING;
  const { sendTraces } = await import('../adapters/tracing/otlp.ts');
  return sendTraces({ version, clock, log, newId: () => randomBytes(8).toString('hex') });
}
