import type { Log, Telemetry } from '../../src/ports/telemetry.ts';

const quiet = (): void => {};

/** A log that nobody reads. */
export const quietLog: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
/** Figures that nobody collects. */
export const quietTelemetry: Telemetry = { phaseLeft: quiet, ended: quiet, verdict: quiet, forget: quiet };
