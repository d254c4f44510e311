import type { AnalysisState } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import { durationMs } from '../../api/values/duration.ts';

/** A scrape is stamped with its beginning and stored at its end: a window is read this long after its end. */
export const LATE_SCRAPES_MS = 500;

/** One window of the analysis; times in epoch milliseconds. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * The window that is due at `now`, or when one will be. The first begins when the weight is in force (`settledAt`) and
 * the warm-up is over, each later one at the end of the previous one, so that no request is counted twice. After a
 * pause of the controller one longer window covers the gap: counters need only both ends.
 */
export function dueWindow(
  analysis: Analysis,
  state: Pick<AnalysisState, 'from'>,
  { settledAt, now }: { readonly settledAt: number; readonly now: number },
): Window | { readonly wakeAt: number } {
  const from = state.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(state.from);
  const start = Math.max(from, settledAt + durationMs(analysis.warmup));
  const interval = Math.max(1, durationMs(analysis.interval));
  const full = Math.floor((now - LATE_SCRAPES_MS - start) / interval);
  return full >= 1 ? { start, end: start + full * interval } : { wakeAt: start + interval + LATE_SCRAPES_MS };
}
