import { expect, it } from 'vitest';
import { ERRORS, LATENCY } from '../../test/fixtures/replay.ts';
import type { ArmSamples, Sample } from '../analysis/evidence/sample.ts';
import { Metric } from '../api/analysis/analysis-template.ts';
import { trafficOf } from './traffic.ts';

const vector = (value: number, labels: Record<string, string> = {}): Sample => ({
  kind: 'vector',
  series: [{ labels: { pod: 'a', ...labels }, value }],
});
const none: Sample = { kind: 'noData', message: 'the query gives no series' };

function part(
  arm: ArmSamples['arm'],
  of: ArmSamples['part'],
  metric: string,
  [start, end]: readonly [Sample, Sample],
): ArmSamples {
  return { metric, arm, part: of, promql: '', start, end };
}

it('counts both versions together, and the share of bad requests of stable', () => {
  const samples = [
    part('stable', 'requests', 'errors', [vector(0), vector(900)]),
    part('stable', 'failures', 'errors', [vector(0), vector(9)]),
    part('canary', 'requests', 'errors', [vector(0), vector(100)]),
    part('canary', 'failures', 'errors', [none, none]),
    part('stable', 'buckets', 'latency', [none, none]),
    part('canary', 'buckets', 'latency', [none, none]),
  ];
  const value = Metric.parse({ name: 'lag', max: '1', value: { query: 'lag' } });
  expect(trafficOf([ERRORS, LATENCY, value], { start: 0, end: 10_000, samples })).toEqual([
    { metric: 'errors', perSecond: 100, badShare: 0.01 },
    { metric: 'latency', perSecond: null },
  ]);
});

it('distinguishes a service without traffic from an unknown one', () => {
  const samples = [
    part('stable', 'requests', 'errors', [vector(5), vector(5)]),
    part('stable', 'failures', 'errors', [none, none]),
    part('canary', 'requests', 'errors', [none, none]),
    part('canary', 'failures', 'errors', [none, none]),
  ];
  expect(trafficOf([ERRORS], { start: 0, end: 10_000, samples })).toEqual([
    { metric: 'errors', perSecond: 0 },
  ]);
});
