import { configureGlobal, readConfigureGlobal } from 'fast-check';
import { afterAll, afterEach, vi } from 'vitest';

/** One seed for every run, so that a red run is about the change; `SLUICE_SEED=random` looks for what no run has seen. */
const asked = process.env['SLUICE_SEED'];
const fixed = asked === undefined ? 20_261_124 : Number(asked);
if (asked !== 'random') configureGlobal({ ...readConfigureGlobal(), seed: fixed });

// Files share a process: what a failing test leaves behind, above all fake timers, would block all later tests.
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
