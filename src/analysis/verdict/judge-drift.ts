import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import { addAnswers, drifted, NO_DRIFT, widest } from '../evidence/drift.ts';
import type { WindowSamples } from '../evidence/sample.ts';
import { type Missing, readClasses } from '../evidence/window-counts.ts';
import type { Rules } from './margin.ts';
import { countOf, percentText } from './number-text.ts';
import { missed, needed } from './state.ts';

function sentenceOf(state: MetricState, why: string | null): string {
  const most = widest(state.drift ?? NO_DRIFT);
  const what =
    most === null
      ? 'no answers to compare'
      : `class "${most.name}" ${percentText(most.canary)} against ${percentText(most.stable)} stable`;
  const size = `${countOf(state.canary.events, 'answer')}, ${countOf(state.windows, 'window')}`;
  return `${what}, ${size}${why === null ? '' : `: ${why}`}`.slice(0, 1_024);
}

function judged(
  analysis: Analysis,
  margin: number,
  state: MetricState,
  stable: Missing | null,
  alpha: number,
): Pick<MetricState, 'verdict' | 'message'> {
  const drift = state.drift ?? NO_DRIFT;
  const found = drifted(drift, margin, alpha);
  if (found !== null) {
    const why = `"${found}" differs from stable by more than ${percentText(margin)}, by chance less often than 1 in ${Math.round(1 / alpha)}`;
    return { verdict: 'fail', message: sentenceOf(state, why) };
  }
  if (stable !== null) return { verdict: stable.kind, message: sentenceOf(state, stable.message) };
  const needs = needed(analysis, state);
  if (needs !== null) return { verdict: 'inconclusive', message: sentenceOf(state, needs) };
  const most = widest(drift);
  const doubtful = most !== null && Math.abs(most.canary - most.stable) > margin;
  return doubtful
    ? { verdict: 'inconclusive', message: sentenceOf(state, 'differs from stable, but that may be chance') }
    : { verdict: 'pass', message: sentenceOf(state, null) };
}

/** Judges a window of answers by class into the state of a drift metric, at a false-abort rate `alpha`. */
export function judgeDrift(
  metric: Metric,
  analysis: Analysis,
  rules: Rules,
  before: MetricState,
  window: WindowSamples,
  alpha: number,
): MetricState {
  const { canary, stable } = readClasses(metric, window);
  if ('message' in canary) return missed(metric, before, canary);
  const drift = before.drift ?? NO_DRIFT;
  const seconds = (window.end - window.start) / 1_000;
  const alone = 'message' in stable;
  const next: MetricState = {
    ...before,
    windows: before.windows + 1,
    misses: 0,
    canary: { events: before.canary.events + canary.events, bad: 0 },
    stable: alone ? before.stable : { events: before.stable.events + stable.events, bad: 0 },
    drift: alone ? drift : addAnswers(drift, canary.classes, stable.classes, seconds),
  };
  return { ...next, ...judged(analysis, rules.margin?.absolute ?? 1, next, alone ? stable : null, alpha) };
}
