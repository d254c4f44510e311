import type { Metric } from '../api/analysis-template.ts';
import type { MetricState } from '../api/release.ts';
import type { Analysis } from '../api/rollout.ts';
import type { Rules } from './bound.ts';
import type { Missing } from './reading.ts';
import type { Sample, WindowSamples } from './sample.ts';
import { countOf } from './sentence.ts';
import { missed } from './state.ts';

/** The one number that a query gives, or why there is none. */
function numberIn(sample: Sample): number | Missing {
  if (sample.kind === 'noData') return { kind: 'noData', message: sample.message };
  if (sample.kind !== 'vector') return { kind: 'providerError', message: sample.message };
  const [one, ...others] = sample.series;
  if (one === undefined) return { kind: 'noData', message: 'the query gives no series' };
  if (others.length === 0) return one.value;
  const message = `the query gives ${sample.series.length} series and must give one: aggregate them, such as by max()`;
  return { kind: 'providerError', message };
}

function boundText({ min, max }: NonNullable<Rules['range']>): string {
  if (max === Number.POSITIVE_INFINITY) return `at least ${min}`;
  return min === Number.NEGATIVE_INFINITY ? `at most ${max}` : `${min} to ${max}`;
}

/** Judges the number at the end of a window against fixed bounds into the state of a value metric. */
export function judgeValue(
  metric: Metric,
  analysis: Analysis,
  rules: Rules,
  before: MetricState,
  window: WindowSamples,
): MetricState {
  const found = window.samples.find((one) => one.metric === metric.name && one.arm === 'canary');
  const value = numberIn(found?.end ?? { kind: 'noData', message: 'the query was not asked' });
  if (typeof value !== 'number') return missed(metric, before, value);
  const { min, max } = rules.range ?? { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  const outside = value < min || value > max;
  const limit = metric.value?.failureLimit ?? 0;
  const windows = before.windows + 1;
  const bad = before.canary.bad + (outside ? 1 : 0);
  const short = analysis.minWindows - windows;
  const waits = short > 0 ? `: needs ${short} more windows (minWindows ${analysis.minWindows})` : '';
  const what = `${Number(value.toPrecision(6))} against ${boundText({ min, max })}, out of bounds in ${bad} of ${countOf(windows, 'window')} (failureLimit ${limit})`;
  return {
    ...before,
    windows,
    misses: 0,
    canary: { events: windows, bad },
    verdict: bad > limit ? 'fail' : outside || short > 0 ? 'inconclusive' : 'pass',
    message: `${what}${waits}`,
  };
}
