import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Sample, Series } from '../evidence/sample.ts';
import { type Probe, preflightQueries } from './preflight.ts';

const common = { onNoData: 'wait', dryRun: false } as const;
const errors: Metric = {
  ...common,
  name: 'errors',
  max: '1%',
  errors: { requests: 'r', failures: 'f' },
};
const latency: Metric = {
  ...common,
  name: 'latency',
  max: '300ms',
  latency: { buckets: 'b', unit: 's', quantile: '95%' },
};
const vector = (...series: Series[]): Sample => ({ kind: 'vector', series });
const drift: Metric = {
  ...common,
  name: 'drift',
  maxIncrease: '5pp',
  drift: { counters: 'c', label: 'class' },
};
const NONE: Sample = { kind: 'noData', message: 'no series' };
const requests = vector({ labels: { __name__: 'http_total', pod: 'a', status: '200' }, value: 9 });
const failures = 'http_total{pod=~"a-[a-z0-9]{5}",status=~"5.."}';
const buckets = (...edges: string[]): Sample =>
  vector(...[...edges, '+Inf'].map((le) => ({ labels: { __name__: 'b', pod: 'a', le }, value: 1 })));

const covariate = (part: 'sum' | 'gauge', sample: Sample): Probe[] => [
  ...ofLatency(buckets('0.3')),
  { ...probe('buckets', sample, 'c{pod="a"}'), part, covariate: 'prompt length' },
];

function probe(part: Probe['part'], sample: Sample, promql: string): Probe {
  return { metric: part === 'buckets' ? 'latency' : 'errors', arm: 'stable', part, promql, sample };
}

const ofErrors = (sample: Sample, failed: Sample = NONE, promql = failures): Probe[] => [
  probe('requests', sample, 'http_total{pod=~"a-[a-z0-9]{5}"}'),
  probe('failures', failed, promql),
];
const ofLatency = (sample: Sample): Probe[] => [probe('buckets', sample, 'b{pod="a"}')];

describe('preflightQueries', () => {
  it.each([
    ['counters without a failure yet', [errors], ofErrors(requests)],
    ['counters with failures', [errors], ofErrors(requests, vector({ labels: { pod: 'a' }, value: 3 }))],
    ['a histogram with the edge', [latency], ofLatency(buckets('0.1', '0.3', '1'))],
    [
      'a label of another protocol',
      [errors],
      ofErrors(requests, NONE, `${failures} or http_total{grpc_status=~"2|14"}`),
    ],
    ['a covariate without series, which explains nothing', [latency], covariate('sum', NONE)],
    ['requests in flight', [latency], covariate('gauge', vector({ labels: { pod: 'a' }, value: 0.5 }))],
    ['an ignored metric without data', [{ ...latency, onNoData: 'ignore' as const }], ofLatency(NONE)],
    [
      'a latency that is only compared',
      [{ ...common, name: 'latency', maxIncrease: '3pp', latency: latency.latency }],
      ofLatency(buckets('1')),
    ],
  ])('lets %s pass', (_, metrics, probes) => {
    expect(preflightQueries(metrics, probes)).toBeNull();
  });

  it.each([
    [
      'a covariate that is no counter',
      covariate('sum', vector({ labels: { __name__: 'c', pod: 'a' }, value: 0.5 })),
      'metric latency: prompt length: sum: c is not a whole number',
    ],
    [
      'requests in flight that are none',
      covariate('gauge', vector({ labels: { pod: 'a' }, value: -1 })),
      'metric latency: prompt length: gauge: -1 is no number of requests in flight',
    ],
  ])('names %s', (_, probes, message) => {
    expect(preflightQueries([latency], probes)).toMatchObject({
      reason: 'InvalidQuery',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['no series', [errors], ofErrors(NONE), 'MetricWithoutData', 'requests has no series for stable'],
    ['no buckets', [latency], ofLatency(vector()), 'MetricWithoutData', 'b{pod="a"}'],
    [
      'no answer',
      [errors],
      ofErrors({ kind: 'providerError', message: 'HTTP 503' }),
      'MetricsUnreachable',
      'HTTP 503',
    ],
    [
      'a broken query of failures',
      [errors],
      ofErrors(requests, { kind: 'providerError', message: 'parse error' }),
      'MetricsUnreachable',
      'failures: parse error',
    ],
    ['a rate', [errors], ofErrors(vector({ labels: {}, value: 0.5 })), 'InvalidQuery', 'without rate()'],
    [
      'a summary',
      [latency],
      ofLatency(vector({ labels: { quantile: '0.9' }, value: 1 })),
      'InvalidQuery',
      'is a summary',
    ],
    [
      'no edge near the bound',
      [latency],
      ofLatency(buckets('0.1', '0.5')),
      'NoBucketEdge',
      'Use 100ms or 500ms (its edges are 100ms, 500ms), or give the server an edge at 300ms',
    ],
    [
      'answers without a class',
      [drift],
      [{ ...probe('counters', requests, 'c'), metric: 'drift' }],
      'LabelMissing',
      'a series has no label class (drift.label); its labels are pod, status',
    ],
    [
      'a label that is not there',
      [errors],
      ofErrors(requests, NONE, 'http_total{pod="a",code=~"5.."}'),
      'LabelMissing',
      'selects by the label code, which http_total does not have; its labels are pod, status',
    ],
  ])('stops at %s', (_, metrics, probes, reason, message) => {
    expect(preflightQueries(metrics, probes)).toEqual({ reason, message: expect.stringContaining(message) });
  });
});
