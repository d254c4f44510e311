import { describe, expect, it } from 'vitest';
import { canvas } from '../../../../test/fixtures/cli.ts';
import { deployment } from '../../../../test/fixtures/release.ts';
import type { Sample, Series } from '../../../analysis/evidence/sample.ts';
import { queriesOf } from '../../../analysis/templates/query.ts';
import type { Metric } from '../../../api/analysis/analysis-template.ts';
import { Policy } from '../../../api/rollout/rollout.ts';
import { type Asked, capacityFinding, findingOf, view, warmUpFindings } from './preflight.ts';

const names = {
  namespace: 'models',
  workload: 'ranker',
  service: 'ranker',
  stable: { replicaSet: 'ranker-aaa', hash: 'aaa' },
  canary: { replicaSet: 'ranker-nobody', hash: 'nobody' },
};
const POD = 'pod=~"{{pods}}"';

function errors(selector = POD): Metric {
  const counters = {
    requests: `requests_total{${selector}}`,
    failures: `requests_total{${selector},code="500"}`,
  };
  return { name: 'errors', max: '1%', errors: counters, onNoData: 'wait', dryRun: false };
}

function latency(max: string): Metric {
  const buckets = { buckets: `seconds_bucket{${POD}}`, unit: 's', quantile: '95%' } as const;
  return { name: 'latency', max, latency: buckets, onNoData: 'wait', dryRun: false };
}

const none: Sample = { kind: 'noData', message: 'the query gives no series' };
const labels = { __name__: 'requests_total', pod: 'ranker-aaa-11111', code: '200' };
const requests: Series[] = [{ labels, value: 10 }];
const histogram: Series[] = ['0.1', '0.25', '+Inf'].map((le) => ({ labels: { ...labels, le }, value: 5 }));

function asked(metric: Metric, arm: 'stable' | 'canary', answers: Record<string, Sample>): Asked[] {
  return queriesOf([metric], names)
    .filter((query) => query.arm === arm)
    .map((query) => ({ query, sample: answers[query.part] ?? none }));
}

const vector = (series: readonly Series[]): Sample => ({ kind: 'vector', series });

describe('findingOf', () => {
  it.each([
    ['a correct metric', errors(), { requests: vector(requests) }, {}, undefined],
    ['a series that is missing', errors(), {}, {}, 'MetricWithoutData'],
    [
      'a label of failures that is missing',
      errors(`${POD},status="x"`),
      { requests: vector(requests) },
      {},
      'LabelMissing',
    ],
    ['no bucket edge near the bound', latency('600ms'), { buckets: vector(histogram) }, {}, 'NoBucketEdge'],
    ['a bucket edge near the bound', latency('250ms'), { buckets: vector(histogram) }, {}, undefined],
    [
      'versions that are not distinguished',
      errors('code=~".+"'),
      { requests: vector(requests) },
      {},
      'NotSeparated',
    ],
    [
      'series of no version',
      errors(),
      { requests: vector(requests) },
      { requests: vector(requests) },
      'NotSeparated',
    ],
  ])('%s', (_name, metric, stable, nobody, reason) => {
    const found = findingOf(metric, asked(metric, 'stable', stable), asked(metric, 'canary', nobody));
    expect(found.problem?.reason).toBe(reason);
    expect(found.state).toBe(reason === undefined ? 'ok' : 'failed');
  });

  it('says so where it cannot ask', () => {
    expect(findingOf({ ...errors(), source: 'thanos' }, [], []).state).toBe('unknown');
  });
});

it('shows what is wrong with the fix, in 80 columns', () => {
  const metric = latency('600ms');
  const findings = [
    findingOf(errors(), asked(errors(), 'stable', { requests: vector(requests) }), []),
    findingOf(metric, asked(metric, 'stable', { buckets: vector(histogram) }), []),
  ];
  expect(`\n${view(findings, canvas(80)).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    ✓ metric errors           requests: 1 series
                              failures: no series, since none has failed yet
    ✗ metric latency          buckets: 3 series
                              NoBucketEdge: metric latency: the histogram has no
                              bucket edge near max 600ms, so requests slower than it
                              cannot be counted. Use 250ms (its edges are 100ms,
                              250ms), or give the server an edge at 600ms
    "
  `);
});

const findings = (warmUp: object | undefined, data: object | null) => {
  const policy = Policy.parse({
    traffic: { istio: { virtualService: 'ranker' } },
    analysis: { templates: [{ name: 'http-generic' }] },
    canary: { ...(warmUp && { warmUp }) },
  });
  const found = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'sluice-warm-up' }, data };
  return warmUpFindings({ policy, names }, { get: async () => (data === null ? null : found) });
};

describe('the body of warm-up requests', () => {
  it.each<[string, object | undefined, object | null, object[]]>([
    ['none', undefined, null, []],
    ['in the policy', { body: '{}' }, null, []],
    ['in a ConfigMap', { bodyFrom: { key: 'a' } }, { a: '{}' }, [{ state: 'ok' }]],
    [
      'in a ConfigMap without it',
      { bodyFrom: { key: 'a' } },
      { b: '{}' },
      [{ state: 'failed', problem: { reason: 'WarmUpBodyMissing' } }],
    ],
  ])('%s', async (_where, warmUp, data, expected) => {
    expect(await findings(warmUp, data)).toMatchObject(expected);
  });
});

describe('what the canary takes', () => {
  const gpus = deployment({
    template: { spec: { containers: [{ resources: { limits: { 'nvidia.com/gpu': '2' } } }] } },
  });
  const finding = (over: object) =>
    capacityFinding({
      policy: Policy.parse({
        traffic: { istio: { virtualService: 'ranker' } },
        analysis: { templates: [{ name: 'http-generic' }] },
        ...over,
      }),
      deployment: gpus,
    });

  it('is all that serves once more by blue/green, and is checked against the budget', () => {
    expect(finding({}).details).toEqual([
      'at most 2 beside 4',
      'nvidia.com/gpu: 4 more than the 8 that serve',
      'at 10 % canary pods carry 0.44 times the load of a stable pod (1 and 4 pods), so the canary may look faster than it is; the loads are alike at a weight of 20 %',
    ]);
    const canary = { budget: [{ resource: 'nvidia.com/gpu', max: '6' }] };
    const found = finding({ blueGreen: {}, canary });
    expect(found.details).toEqual(['at most 4 beside 4', 'nvidia.com/gpu: 8 more than the 8 that serve']);
    expect(found).toMatchObject({ state: 'failed', problem: { reason: 'BudgetTooSmall' } });
    expect(found.problem?.message).toContain('needs 8 nvidia.com/gpu and the budget is 6');
  });
});
