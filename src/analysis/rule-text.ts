import type { Metric, MetricBounds } from '../api/analysis-template.ts';
import type { Cadence } from '../api/cadence.ts';
import { cadenceOf } from './cadence.ts';

/** What a metric is about, in a word or two. */
function subjectOf({ errors, latency, drift }: Metric): string {
  if (errors !== undefined) return 'failed requests';
  if (latency !== undefined) return `p${latency.quantile.replace('%', '')}`;
  return drift === undefined ? 'value' : `answers by ${drift.label}`;
}

function limitsOf({ max, min, maxIncrease, failure }: MetricBounds): string[] {
  return [
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(maxIncrease === undefined ? [] : [`at most ${maxIncrease} worse than stable`]),
    ...(failure?.max === undefined ? [] : [`failed above ${failure.max}`]),
    ...(failure?.min === undefined ? [] : [`failed below ${failure.min}`]),
  ];
}

function cadenceText(cadence: Cadence): string[] {
  const { interval, count, initialDelay, failureLimit, consecutiveFailures } = cadence;
  return [
    ...(interval === undefined ? [] : [`every ${interval}`]),
    ...(count === undefined ? [] : [`${count} of a step`]),
    ...(initialDelay === undefined ? [] : [`after ${initialDelay}`]),
    ...(failureLimit === undefined ? [] : [`failureLimit ${failureLimit}`]),
    ...(consecutiveFailures === undefined ? [] : [`consecutiveFailures ${consecutiveFailures}`]),
  ];
}

/** What a metric is held against, for people: `value at most 0.9, every 30s, failureLimit 1`. */
export function ruleText(metric: Metric): string {
  const rest = [...limitsOf(metric), ...cadenceText(cadenceOf(metric) ?? {})];
  return `${subjectOf(metric)} ${rest.join(', ')}`.trim();
}
