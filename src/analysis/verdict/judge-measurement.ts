import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import type { Window } from '../evidence/window.ts';
import type { Missing } from '../evidence/window-counts.ts';
import { cadenceOf, notDue, noted, type Outcome, tooMany, untilDue } from './cadence.ts';
import { countOf } from './number-text.ts';
import { missed } from './state.ts';

/** The result of one measurement, with its numbers as a clause. */
export type Measurement =
  | { readonly kind: 'pass' | 'fail' | 'inconclusive'; readonly message: string }
  | Missing;

const OUTCOMES: Readonly<Record<'pass' | 'fail' | 'inconclusive', Outcome>> = {
  pass: 'p',
  fail: 'f',
  inconclusive: 'i',
};

/** Judges one measurement, of the time since `window.start`, into the state of a metric with a cadence. */
export function addMeasurement(
  metric: Metric,
  analysis: Analysis,
  before: MetricState,
  window: Window,
  found: Measurement,
): MetricState {
  const cadence = cadenceOf(metric) ?? {};
  // A failed measurement is repeated soon.
  if (found.kind === 'noData' || found.kind === 'providerError') {
    const known = before.measured ?? { since: new Date(window.start).toISOString(), row: 0 };
    return missed(metric, { ...before, measured: known }, found);
  }
  const { state, failures } = noted(cadence, before, window, OUTCOMES[found.kind]);
  const fault = tooMany(cadence, failures);
  const needed = cadence.count ?? analysis.minWindows;
  const short = needed - state.windows;
  const needs = cadence.count === undefined ? `minWindows ${needed}` : `count ${needed}`;
  const why = fault ?? (short > 0 ? `needs ${countOf(short, 'more measurement')} (${needs})` : null);
  const tally = `failed in ${failures.failed} of ${countOf(failures.of, 'measurement')}`;
  const message = `${found.message}, ${tally}${why === null ? '' : `: ${why}`}`.slice(0, 1_024);
  if (fault !== null) return { ...state, verdict: 'fail', message };
  return { ...state, verdict: found.kind === 'pass' && short <= 0 ? 'pass' : 'inconclusive', message };
}

/** Judges a measurement at the end of a window. If the metric was not due, the verdict stays as it is. */
export function judgeMeasurement(
  metric: Metric,
  analysis: Analysis,
  before: MetricState,
  window: Window,
  found: Measurement,
): MetricState {
  const cadence = cadenceOf(metric) ?? {};
  return untilDue(cadence, before, window) > 0
    ? notDue(cadence, before, window)
    : addMeasurement(metric, analysis, before, window, found);
}
