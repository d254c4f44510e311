import { expect, it } from 'vitest';
import { Metric } from '../api/analysis-template.ts';
import { ruleText } from './rule-text.ts';

it.each<[object, string]>([
  [
    { max: '1%', maxIncrease: '1pp', errors: { requests: 'r', failures: 'f' } },
    'failed requests at most 1%, at most 1pp worse than stable',
  ],
  [{ max: '300ms', latency: { buckets: 'b', quantile: '99.9%' } }, 'p99.9 at most 300ms'],
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
])('%j', (fields, text) => {
  expect(ruleText(Metric.parse({ name: 'one', ...fields }))).toBe(text);
});
