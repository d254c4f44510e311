import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState, Verdict } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import { rulesOf } from './bound.ts';
import type { CheckResult, GoldenTally } from './check.ts';
import { addMeasurement, type Measurement } from './judge-measurement.ts';
import { parseShare } from './margin.ts';
import { measureNumber } from './measure-number.ts';
import { countOf, countText, percentText } from './number-text.ts';
import { judgeTally, type ShadowTally } from './shadow.ts';
import { freshState, missed } from './state.ts';

/** The result of one run, and when it ended (epoch milliseconds). */
export interface CheckRunEnd {
  readonly at: number;
  readonly result: CheckResult;
}

type Judged = Pick<MetricState, 'verdict' | 'message' | 'canary' | 'stable'>;

function judgeGolden(metric: Metric, { answers, wrong, pods, fault }: GoldenTally): Judged {
  const least = parseShare(metric.golden?.minPass ?? '100%') ?? 1;
  const passed = wrong <= (1 - least) * answers + 1e-9;
  const size = `${countText(answers - wrong)} of ${countOf(answers, 'answer')} of ${countOf(pods, 'canary pod')} as expected (minPass ${percentText(least)})`;
  return {
    verdict: passed ? 'pass' : 'fail',
    message: fault === null ? size : `${size}; ${fault}`,
    canary: { events: answers, bad: wrong },
    stable: { events: 0, bad: 0 },
  };
}

function judgeShadow(metric: Metric, tally: ShadowTally, alpha: number): Judged {
  const judged: { verdict: Verdict; message: string } =
    metric.shadow === undefined
      ? { verdict: 'inconclusive', message: '' }
      : judgeTally(metric.shadow, tally, alpha);
  const { pairs, differing } = tally;
  return { ...judged, canary: { events: pairs, bad: differing }, stable: { events: pairs, bad: 0 } };
}

/** A webhook's number compared with the bounds of the metric; without bounds it cannot be judged. */
function measured(metric: Metric, { value, message }: { value: number; message: string }): Measurement {
  const read = rulesOf(metric);
  if ('field' in read || (read.rules.range === undefined && read.rules.failure === undefined)) {
    const why = `answered the number ${value}, and the metric has no bound for it: set max, min or failure`;
    return { kind: 'providerError', message: why };
  }
  const found = measureNumber(read.rules, value);
  return message === '' ? found : { ...found, message: `${found.message} (${message})` };
}

function judgeResult(
  metric: Metric,
  analysis: Analysis,
  before: MetricState,
  { at, result }: CheckRunEnd,
  alpha: number,
): MetricState {
  // It covers the time since the previous measurement.
  const window = { start: Date.parse(before.measured?.at ?? before.measured?.since ?? '') || at, end: at };
  const next = { ...before, windows: before.windows + 1, misses: 0 };
  switch (result.kind) {
    case 'noData':
    case 'providerError':
      return missed(metric, before, result);
    case 'outcome':
      return addMeasurement(metric, analysis, before, window, {
        kind: result.outcome,
        message:
          result.message === '' ? `says ${result.outcome}` : `says ${result.outcome}: ${result.message}`,
      });
    case 'value':
      return addMeasurement(metric, analysis, before, window, measured(metric, result));
    case 'verdict':
      return { ...next, verdict: result.verdict, message: result.message };
    case 'golden':
      return { ...next, ...judgeGolden(metric, result) };
    case 'shadow':
      return { ...next, ...judgeShadow(metric, result, alpha) };
  }
}

/**
 * Judges one run of a check into the state of its metric. Pure. `alpha` is the accepted chance that a canary within all
 * bounds fails it.
 */
export function judgeCheck(
  metric: Metric,
  analysis: Analysis,
  before: MetricState | undefined,
  end: CheckRunEnd,
  alpha: number,
): MetricState {
  const known = before ?? freshState(metric.name);
  const check = { runs: (known.check?.runs ?? 0) + 1, at: new Date(end.at).toISOString() };
  const next = judgeResult(metric, analysis, { ...known, check }, end, alpha);
  return { ...next, message: next.message.slice(0, 1_024) };
}
