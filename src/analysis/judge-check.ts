import type { Metric } from '../api/analysis-template.ts';
import type { MetricState, Verdict } from '../api/release.ts';
import { parseShare } from './bound.ts';
import type { CheckResult, GoldenTally } from './check.ts';
import { countOf, countText, percentText } from './sentence.ts';
import { judgeTally, type ShadowTally } from './shadow.ts';
import { freshState, missed } from './state.ts';

/** What one run came to, and when it ended (epoch milliseconds). */
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

function judgeResult(metric: Metric, before: MetricState, result: CheckResult, alpha: number): MetricState {
  const next = { ...before, windows: before.windows + 1, misses: 0 };
  switch (result.kind) {
    case 'noData':
    case 'providerError':
      return missed(metric, before, result);
    case 'verdict':
      return { ...next, verdict: result.verdict, message: result.message };
    case 'golden':
      return { ...next, ...judgeGolden(metric, result) };
    case 'shadow':
      return { ...next, ...judgeShadow(metric, result, alpha) };
  }
}

/**
 * Judges one run of a check into the state of its metric. Pure. `alpha` is the chance at which a canary that is as
 * good as it must be may fail by it.
 */
export function judgeCheck(
  metric: Metric,
  before: MetricState | undefined,
  { at, result }: CheckRunEnd,
  alpha: number,
): MetricState {
  const known = before ?? freshState(metric.name);
  const check = { runs: (known.check?.runs ?? 0) + 1, at: new Date(at).toISOString() };
  const next = judgeResult(metric, { ...known, check }, result, alpha);
  return { ...next, message: next.message.slice(0, 1_024) };
}
