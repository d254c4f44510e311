import { createHealth, type Health } from '../adapters/telemetry/health.ts';
import { createLog } from '../adapters/telemetry/log.ts';
import { createMetrics, type Metrics } from '../adapters/telemetry/metrics.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Log, Tracing } from '../ports/telemetry.ts';
import { openTracing } from './tracing.ts';

/** What every part of the process shares. */
export interface Runtime {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly tracing: Tracing;
}

/** The clock, the random numbers and the telemetry of a real process. */
export async function createRuntime(config: Config, version: string): Promise<Runtime> {
  const runtime = {
    config,
    version,
    clock: systemClock,
    random: Math.random,
    log: createLog(config.logLevel),
    metrics: createMetrics(version),
    health: createHealth(),
  };
  return { ...runtime, tracing: await openTracing(process.env, runtime) };
}
