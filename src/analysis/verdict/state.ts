import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { ArmCounts, MetricState } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import type { Missing } from '../evidence/window-counts.ts';
import { countOf } from './number-text.ts';

/** Windows without data in a row after which `onNoData: abort` fails. */
const MISSES_TO_ABORT = 3;
const NO_COUNTS: ArmCounts = { events: 0, bad: 0 };

/** The state at the beginning of a step: counts start over, the tests over the whole release continue. */
export function startStep({ measured: _before, ...state }: MetricState): MetricState {
  const classes = state.drift?.classes.map((one) => ({ ...one, canary: 0, stable: 0 }));
  return {
    ...state,
    verdict: 'inconclusive',
    message:
      state.check === undefined
        ? 'the first window of the step is not complete yet'
        : 'it has not been measured in this step yet',
    windows: 0,
    misses: 0,
    canary: NO_COUNTS,
    stable: NO_COUNTS,
    ...(state.explained === undefined ? {} : { explained: { ...state.explained, bad: 0 } }),
    ...(state.drift === undefined || classes === undefined ? {} : { drift: { ...state.drift, classes } }),
  };
}

/** The initial state of a metric. */
export function freshState(name: string): MetricState {
  const empty = { windows: 0, misses: 0, canary: NO_COUNTS, stable: NO_COUNTS };
  return startStep({ name, verdict: 'inconclusive', message: '', ...empty });
}

/** The state after a window without counts of the canary. */
export function missed(metric: Metric, before: MetricState, { kind, message, idle }: Missing): MetricState {
  const misses = before.misses + (idle === true ? 0 : 1);
  const aborts = metric.onNoData === 'abort' && kind === 'noData' && misses >= MISSES_TO_ABORT;
  return {
    ...before,
    misses,
    verdict: aborts ? 'fail' : kind,
    message: aborts
      ? `${message}, ${misses} ${before.check === undefined ? 'windows' : 'runs'} in a row (onNoData: abort)`
      : message,
  };
}

/**
 * Whether every metric that counts was measured: rates of requests in the windows and requests that the policy
 * requires.
 */
export function hasLeastEvidence(
  analysis: Analysis,
  states: readonly MetricState[],
  metrics: readonly Metric[],
): boolean {
  const counted = metrics.flatMap((metric): { metric: Metric; state: MetricState }[] => {
    const state = states.find(({ name }) => name === metric.name) ?? freshState(metric.name);
    const ignored = metric.onNoData === 'ignore' && state.verdict === 'noData';
    return metric.dryRun || ignored ? [] : [{ metric, state }];
  });
  const enough = counted.every(({ metric: { errors, latency, drift }, state }) =>
    (errors ?? latency ?? drift) === undefined ? state.windows > 0 : needed(analysis, state) === null,
  );
  return counted.length > 0 && enough;
}

/** What the policy still requires before a step may pass, or null. */
export function needed(analysis: Analysis, state: MetricState): string | null {
  const requests = analysis.minRequests - state.canary.events;
  if (requests > 0) return `needs ${countOf(requests, 'more request')} (minRequests ${analysis.minRequests})`;
  const windows = analysis.minWindows - state.windows;
  return windows > 0 ? `needs ${countOf(windows, 'more window')} (minWindows ${analysis.minWindows})` : null;
}
