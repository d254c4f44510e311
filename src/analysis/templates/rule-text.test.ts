import { expect, it } from 'vitest';
import { Metric } from '../../api/analysis/analysis-template.ts';
import { ruleText } from './rule-text.ts';

it.each<[object, string]>([
  [
    { max: '1%', maxIncrease: '1pp', errors: { requests: 'r', failures: 'f' } },
    'failed requests at most 1%, at most 1pp worse than stable',
  ],
  [{ max: '300ms', latency: { buckets: 'b', quantile: '99.9%' } }, 'p99.9 at most 300ms'],
  [
    {
      maxIncrease: '3pp',
      latency: {
        buckets: 'b',
        explainedBy: [
          { name: 'prompt length', sum: 's' },
          { name: 'requests in flight', gauge: 'g' },
        ],
      },
    },
    'p95 at most 3pp worse than stable, beside prompt length, requests in flight',
  ],
  [
    { maxIncrease: '5pp', drift: { counters: 'c', label: 'class' } },
    'answers by class at most 5pp worse than stable',
  ],
  [
    {
      min: '0.7',
      failure: { min: '0.5' },
      value: { query: 'q', interval: '30s', count: 5, failureLimit: 1 },
    },
    'value at least 0.7, failed below 0.5, every 30s, 5 of a step, failureLimit 1',
  ],
  [
    { failure: { max: '9' }, value: { query: 'q', initialDelay: '1m', consecutiveFailures: 2 } },
    'value failed above 9, after 1m, consecutiveFailures 2',
  ],
  [
    {
      min: '0.7',
      webhook: { url: 'http://labels.ml.svc/agreement', secret: { key: 'labels' }, interval: '1m' },
    },
    'answer of http://labels.ml.svc/agreement at least 0.7, every 1m',
  ],
  [{ job: { template: { spec: { containers: [{}] } } } }, 'exit code of a Job at each step'],
  [
    { golden: { cases: [{ name: 'a', request: { path: '/' } }] } },
    'expected answers to 1 case, at least 100%, before any traffic',
  ],
  [
    {
      shadow: {
        configMap: { name: 'sluice-checks', key: 'sample' },
        fields: [{ path: 'class' }],
        maxDrift: '2%',
        maxLatencyIncrease: '20%',
        at: 'step',
      },
    },
    'answers of both versions to a sample (ConfigMap sluice-checks, key sample), agreement at least 98%, drift at most 2%, p95 at most 20% slower, at each step',
  ],
])('%j', (fields, text) => {
  expect(ruleText(Metric.parse({ name: 'one', ...fields }))).toBe(text);
});
