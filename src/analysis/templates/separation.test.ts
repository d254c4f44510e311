import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import { queriesOf } from './query.ts';
import { findsUnknownVersion, sameForBoth } from './separation.ts';

const names = {
  namespace: 'ml',
  workload: 'ranker',
  service: 'ranker',
  canary: { replicaSet: 'ranker-new', hash: 'new' },
  stable: { replicaSet: 'ranker-old', hash: 'old' },
};

function metric(selector: string): Metric {
  const errors = { requests: `requests_total{${selector}}`, failures: `failures_total{${selector}}` };
  return { name: 'errors', errors, onNoData: 'wait', dryRun: false };
}

describe('sameForBoth', () => {
  it.each([
    ['by pods', 'pod=~"{{pods}}"', null],
    ['by hash', 'version="{{hash}}"', null],
    ['by subset', 'cluster=~"outbound.*{{subset}}.*"', null],
    ['by the service only', 'service="{{service}}"', 'NotSeparated'],
  ])('%s', (_name, selector, reason) => {
    expect(sameForBoth(queriesOf([metric(selector)], names))?.reason ?? null).toBe(reason);
  });

  it('lets a value be of anything', () => {
    const value: Metric = {
      name: 'lag',
      value: { query: 'lag', failureLimit: 0 },
      onNoData: 'wait',
      dryRun: false,
    };
    expect(sameForBoth(queriesOf([value], names))).toBeNull();
  });
});

it('names a series that belongs to no version', () => {
  const query = { metric: 'errors', arm: 'canary', part: 'requests', promql: '' } as const;
  const series = [{ labels: { __name__: 'requests_total', pod: 'ranker-old-aaaaa' }, value: 1 }];
  expect(findsUnknownVersion(query, { kind: 'vector', series })?.message).toContain('pod="ranker-old-aaaaa"');
  expect(findsUnknownVersion(query, { kind: 'noData', message: '' })).toBeNull();
});
