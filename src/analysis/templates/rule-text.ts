import type { Metric, MetricBounds } from '../../api/analysis/analysis-template.ts';
import type { Golden, Shadow } from '../../api/analysis/check.ts';
import type { Cadence } from '../../api/rollout/cadence.ts';
import { cadenceOf } from '../verdict/cadence.ts';
import { countOf } from '../verdict/number-text.ts';

function goldenText({ cases, configMap, minPass }: Golden): string {
  const where = configMap === undefined ? '' : ` (ConfigMap ${configMap.name}, key ${configMap.key})`;
  const count = cases === undefined ? 'cases' : countOf(cases.length, 'case');
  return `expected answers to ${count}${where}, at least ${minPass}, before any traffic`;
}

function shadowText({ configMap, requests, agreement, maxDrift, maxLatencyIncrease, at }: Shadow): string {
  const where = configMap === undefined ? '' : ` (ConfigMap ${configMap.name}, key ${configMap.key})`;
  const count = requests === undefined ? 'a sample' : countOf(requests.length, 'request');
  return [
    `answers of both versions to ${count}${where}`,
    `agreement at least ${agreement}`,
    ...(maxDrift === undefined ? [] : [`drift at most ${maxDrift}`]),
    ...(maxLatencyIncrease === undefined ? [] : [`p95 at most ${maxLatencyIncrease} slower`]),
    at === 'start' ? 'before any traffic' : 'at each step',
  ].join(', ');
}

/** The subject of a metric, in a word or two. */
function subjectOf({ errors, latency, drift, golden, shadow, webhook, job }: Metric): string {
  if (webhook !== undefined) return `answer of ${webhook.url}`;
  if (job !== undefined)
    return `exit code of a Job ${job.at === 'start' ? 'before any traffic' : 'at each step'}`;
  if (golden !== undefined) return goldenText(golden);
  if (shadow !== undefined) return shadowText(shadow);
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

function besideText({ latency }: Metric): string[] {
  const names = (latency?.explainedBy ?? []).map(({ name }) => name);
  return names.length === 0 ? [] : [`beside ${names.join(', ')}`];
}

/** The rules of a metric, for people: `value at most 0.9, every 30s, failureLimit 1`. */
export function ruleText(metric: Metric): string {
  const rest = [...limitsOf(metric), ...besideText(metric), ...cadenceText(cadenceOf(metric) ?? {})];
  return `${subjectOf(metric)} ${rest.join(', ')}`.trim();
}
