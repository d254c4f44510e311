import { describe, expect, it } from 'vitest';
import type { Sample } from '../analysis/sample.ts';
import { release } from '../release/fixtures.conformance.ts';
import type { MetricSource } from './metric-source.ts';
import { probeMetrics, readRequests, readWindow } from './samples.ts';

const metrics = [
  {
    name: 'errors',
    errors: { requests: 'requests{pod=~"{{pods}}"}', failures: 'failures{pod=~"{{pods}}"}' },
    max: '1%',
    onNoData: 'wait',
    dryRun: false,
  },
];
const one = release(undefined, { metrics });
const some: Sample = { kind: 'vector', series: [{ labels: { __name__: 'requests', pod: 'p' }, value: 1 }] };
const source = (sample: MetricSource['sample']): MetricSource => ({ sample });
const never = new Promise<never>(() => {});

describe('readWindow', () => {
  it('asks for both versions at both ends', async () => {
    const asked: string[] = [];
    const answering = source(async (promql, at) => {
      asked.push(`${at} ${promql}`);
      return some;
    });
    const window = await readWindow({ metrics: answering, after: () => never }, one, 'model', {
      start: 1,
      end: 2,
    });
    expect(asked.toSorted()).toEqual([
      '1 failures{pod=~"model-h1-[a-z0-9]{5}"}',
      '1 failures{pod=~"model-h2-[a-z0-9]{5}"}',
      '1 requests{pod=~"model-h1-[a-z0-9]{5}"}',
      '1 requests{pod=~"model-h2-[a-z0-9]{5}"}',
      '2 failures{pod=~"model-h1-[a-z0-9]{5}"}',
      '2 failures{pod=~"model-h2-[a-z0-9]{5}"}',
      '2 requests{pod=~"model-h1-[a-z0-9]{5}"}',
      '2 requests{pod=~"model-h2-[a-z0-9]{5}"}',
    ]);
    expect(window.samples.map(({ start, end }) => [start, end])).toEqual(
      Array.from({ length: 4 }, () => [some, some]),
    );
  });

  it.each<[string, MetricSource['sample'], string]>([
    ['does not answer', () => never, 'no answer within 10s'],
    ['breaks its promise and throws', () => Promise.reject(new Error('boom')), 'boom'],
  ])('makes a provider error of a source that %s', async (_what, sample, message) => {
    const deps = { metrics: source(sample), after: async () => {} };
    const { samples } = await readWindow(deps, one, 'model', { start: 1, end: 2 });
    const said = samples.map(({ end }) => (end.kind === 'providerError' ? end.message : end.kind));
    expect(new Set(said).size).toBe(1);
    expect(['no answer within 10s', message]).toContain(said[0]);
  });
});

describe('readRequests', () => {
  it('asks for the counts of all requests only', async () => {
    const { samples } = await readRequests(
      { metrics: source(async () => some), after: () => never },
      one,
      'model',
      {
        start: 1,
        end: 2,
      },
    );
    expect(samples.map(({ arm, part }) => `${arm} ${part}`)).toEqual(['canary requests', 'stable requests']);
  });
});

describe('probeMetrics', () => {
  it.each<[string, Sample, string | null]>([
    ['some', some, null],
    ['none', { kind: 'noData', message: 'empty' }, 'MetricWithoutData'],
    ['an error', { kind: 'providerError', message: 'HTTP 500' }, 'MetricsUnreachable'],
  ])('with %s', async (_what, sample, reason) => {
    const deps = { metrics: source(async () => sample), after: () => never };
    expect((await probeMetrics(deps, one, 'model', 1))?.reason ?? null).toBe(reason);
  });
});
