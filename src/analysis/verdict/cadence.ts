import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Measured, MetricState } from '../../api/release/analysis-state.ts';
import type { Cadence } from '../../api/rollout/cadence.ts';
import { durationMs, formatDuration } from '../../api/values/duration.ts';
import type { Window } from '../evidence/window.ts';

/** The outcome of one measurement. */
export type Outcome = 'p' | 'f' | 'i';

/** When a metric is measured; null if every window counts. */
export function cadenceOf({ value, webhook }: Metric): Cadence | null {
  return value ?? webhook ?? null;
}

/** Milliseconds from the beginning of the step to the first measurement, or between two. */
function waitOf({ initialDelay, interval }: Cadence, { at }: Pick<Measured, 'at'>): number {
  const wait = at === undefined ? initialDelay : interval;
  return wait === undefined ? 0 : durationMs(wait);
}

/** The state of a step before its first window. */
function measuredIn(state: MetricState | undefined, window: Window): Measured {
  return state?.measured ?? { since: new Date(window.start).toISOString(), row: 0 };
}

/** Milliseconds after the end of a window until a metric is due again; 0 if it is due at that window. */
export function untilDue(cadence: Cadence, state: MetricState | undefined, window: Window): number {
  const measured = measuredIn(state, window);
  const from = Date.parse(measured.at ?? measured.since);
  return Math.max(0, from + waitOf(cadence, measured) - window.end);
}

/** Whether a metric is due at the end of a window. */
export function isDue(metric: Metric, state: MetricState | undefined, window: Window): boolean {
  const cadence = cadenceOf(metric);
  return cadence === null || untilDue(cadence, state, window) === 0;
}

/** The state after a window at whose end the metric was not due. */
export function notDue(cadence: Cadence, state: MetricState, window: Window): MetricState {
  const measured = measuredIn(state, window);
  const next = { ...state, measured };
  if (measured.at !== undefined) return next;
  const wait = formatDuration(untilDue(cadence, state, window));
  return {
    ...next,
    message: `measured for the first time in ${wait} (initialDelay ${cadence.initialDelay})`,
  };
}

/** How many of the measurements that count have failed, and how many in a row. */
export interface Failures {
  readonly failed: number;
  readonly row: number;
  readonly of: number;
}

/** The state with one more measurement, at the end of `window`. */
export function noted(
  { count }: Cadence,
  state: MetricState,
  window: Window,
  outcome: Outcome,
): { readonly state: MetricState; readonly failures: Failures } {
  const before = measuredIn(state, window);
  const row = outcome === 'f' ? before.row + 1 : 0;
  const events = state.windows + 1;
  const bad = state.canary.bad + (outcome === 'f' ? 1 : 0);
  const outcomes = count === undefined ? undefined : `${before.outcomes ?? ''}${outcome}`.slice(-count);
  const measured: Measured = {
    since: before.since,
    at: new Date(window.end).toISOString(),
    row,
    ...(outcomes === undefined ? {} : { outcomes }),
  };
  const failed = outcomes === undefined ? bad : outcomes.split('f').length - 1;
  return {
    state: { ...state, windows: events, misses: 0, canary: { events, bad }, measured },
    failures: { failed, row, of: outcomes?.length ?? events },
  };
}

/** Why there are too many failures, or null. */
export function tooMany(
  { failureLimit, consecutiveFailures }: Cadence,
  { failed, row }: Failures,
): string | null {
  if (consecutiveFailures !== undefined && row >= consecutiveFailures)
    return `${row} in a row (consecutiveFailures ${consecutiveFailures})`;
  const limit = failureLimit ?? (consecutiveFailures === undefined ? 0 : Number.POSITIVE_INFINITY);
  return failed > limit ? `more than failureLimit ${limit}` : null;
}
