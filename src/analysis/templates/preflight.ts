import type { Metric } from '../../api/analysis/analysis-template.ts';
import { counterProblem } from '../evidence/counter.ts';
import { edgeNear, histogramOf } from '../evidence/histogram.ts';
import type { ArmQuery, Sample, Series } from '../evidence/sample.ts';
import type { Problem } from '../reasons.ts';
import { rulesOf } from '../verdict/bound.ts';
import { partText } from './query.ts';

/** A query for stable with its result before the release began. */
export interface Probe extends ArmQuery {
  readonly sample: Sample;
}

function shortened(promql: string): string {
  const line = promql.replaceAll(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/**
 * Labels that the series of a query must have, for each metric name that it selects. Labels of negative matchers may be
 * missing.
 */
function selectors(promql: string): { name: string; labels: string[] }[] {
  return [
    ...promql.matchAll(
      /([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{((?:[^"'{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*)\}/g,
    ),
  ].map(([, name = '', body = '']) => ({
    name,
    labels: [...body.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|=(?!~))/g)].map(([, label = '']) => label),
  }));
}

/**
 * A counter of failures has no series before the first failure, so a mistyped label would look like a server without
 * failures. Of several selectors (`… or …`) one match is enough: a label may belong to one protocol only.
 */
function labelProblem(failures: string, requests: readonly Series[]): string | null {
  const known = selectors(failures).filter(({ name }) =>
    requests.some((one) => one.labels['__name__'] === name),
  );
  const problems = known.map(({ name, labels }) => {
    const series = requests.filter((one) => one.labels['__name__'] === name);
    const absent = labels.find((label) => series.every((one) => one.labels[label] === undefined));
    if (absent === undefined) return null;
    const present = Object.keys(series[0]?.labels ?? {}).filter((label) => label !== '__name__');
    return `failures selects by the label ${absent}, which ${name} does not have; its labels are ${present.join(', ')}`;
  });
  return problems.includes(null) ? null : (problems[0] ?? null);
}

function emptyProblem(probe: Probe): Problem {
  const { metric, promql } = probe;
  return {
    reason: 'MetricWithoutData',
    message: `metric ${metric}: ${partText(probe)} has no series for stable. Check that Prometheus scrapes these pods and that the query fits the labels: ${shortened(promql)}`,
  };
}

function gaugeProblem(sample: Sample): string | null {
  if (sample.kind === 'notANumber') return sample.message;
  const wrong = sample.kind === 'vector' ? sample.series.find(({ value }) => !(value >= 0)) : undefined;
  return wrong === undefined ? null : `${wrong.value} is no number of requests in flight`;
}

function sampleProblem(metric: Metric, probe: Probe): Problem | null {
  const { sample, part, covariate } = probe;
  const about = `metric ${metric.name}: ${partText(probe)}`;
  if (sample.kind === 'providerError')
    return { reason: 'MetricsUnreachable', message: `${about}: ${sample.message}` };
  // The canary has no pods yet, so its number may be missing; a query that cannot run at all is an error.
  if (part === 'query') return null;
  const broken = part === 'gauge' ? gaugeProblem(sample) : counterProblem(sample);
  if (broken !== null) return { reason: 'InvalidQuery', message: `${about}: ${broken}` };
  // Without a covariate a metric is judged as if the versions had the same work.
  const mayBeEmpty = part === 'failures' || covariate !== undefined || metric.onNoData === 'ignore';
  const empty = sample.kind === 'noData' || (sample.kind === 'vector' && sample.series.length === 0);
  return empty && !mayBeEmpty ? emptyProblem(probe) : null;
}

/** An edge as a bound names it. */
export const edgeText = (seconds: number): string => `${Number((seconds * 1_000).toPrecision(6))}ms`;

function edgeProblem(metric: Metric, sample: Sample): Problem | null {
  const read = rulesOf(metric);
  if (metric.latency === undefined || sample.kind !== 'vector' || 'field' in read) return null;
  const histogram = histogramOf(sample.series, metric.latency.unit);
  if (typeof histogram === 'string')
    return { reason: 'InvalidQuery', message: `metric ${metric.name}: buckets: ${histogram}` };
  const { seconds } = read.rules;
  if (seconds === null || edgeNear(histogram.edges, seconds) !== null) return null;
  const texts = histogram.edges.map(edgeText);
  const above = histogram.edges.findIndex((edge) => edge > seconds);
  const near = (above < 0 ? texts.slice(-1) : texts.slice(Math.max(0, above - 1), above + 1)).join(' or ');
  return {
    reason: 'NoBucketEdge',
    message: `metric ${metric.name}: the histogram has no bucket edge near max ${metric.max}, so requests slower than it cannot be counted. Use ${near} (its edges are ${texts.join(', ')}), or give the server an edge at ${metric.max}`,
  };
}

function failuresProblem(metric: Metric, probes: readonly Probe[]): Problem | null {
  const requests = probes.find(({ part }) => part === 'requests')?.sample;
  const failures = probes.find(({ part }) => part === 'failures')?.promql;
  if (requests?.kind !== 'vector' || failures === undefined) return null;
  const found = labelProblem(failures, requests.series);
  return found === null ? null : { reason: 'LabelMissing', message: `metric ${metric.name}: ${found}` };
}

function driftProblem(metric: Metric, probes: readonly Probe[]): Problem | null {
  const label = metric.drift?.label;
  const sample = probes.find(({ part }) => part === 'counters')?.sample;
  if (label === undefined || sample?.kind !== 'vector') return null;
  const without = sample.series.find(({ labels }) => labels[label] === undefined);
  if (without === undefined) return null;
  const known = Object.keys(without.labels).filter((one) => one !== '__name__');
  return {
    reason: 'LabelMissing',
    message: `metric ${metric.name}: a series has no label ${label} (drift.label); its labels are ${known.join(', ')}`,
  };
}

/**
 * Checks the results of the queries for stable before anything is changed: every series exists and is a raw counter,
 * the labels exist, and the latency bound is an edge. Returns the first problem, or null.
 */
export function preflightQueries(metrics: readonly Metric[], probes: readonly Probe[]): Problem | null {
  for (const metric of metrics) {
    const ours = probes.filter(
      ({ metric: name, arm, part }) => name === metric.name && (arm === 'stable' || part === 'query'),
    );
    const found =
      ours.map((probe) => sampleProblem(metric, probe)).find((one) => one !== null) ??
      ours
        .filter(({ part }) => part === 'buckets')
        .map(({ sample }) => edgeProblem(metric, sample))
        .find((one) => one !== null) ??
      failuresProblem(metric, ours) ??
      driftProblem(metric, ours);
    if (found !== null) return found;
  }
  return null;
}
