import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import type { Sample, WindowSamples } from '../evidence/sample.ts';
import type { Missing } from '../evidence/window-counts.ts';
import { judgeMeasurement } from './judge-measurement.ts';
import type { Rules } from './margin.ts';
import { measureNumber } from './measure-number.ts';

/** The single number of a query's result, or why there is none. */
function numberIn(sample: Sample): number | Missing {
  if (sample.kind === 'noData') return { kind: 'noData', message: sample.message };
  if (sample.kind !== 'vector') return { kind: 'providerError', message: sample.message };
  const [one, ...others] = sample.series;
  if (one === undefined) return { kind: 'noData', message: 'the query gives no series' };
  if (others.length === 0) return one.value;
  const message = `the query gives ${sample.series.length} series and must give one: aggregate them, such as by max()`;
  return { kind: 'providerError', message };
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
  const measurement = typeof value === 'number' ? measureNumber(rules, value) : value;
  return judgeMeasurement(metric, analysis, before, window, measurement);
}
