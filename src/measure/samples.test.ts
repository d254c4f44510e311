import { describe, expect, it } from 'vitest';
import { release } from '../../test/fixtures/release.ts';
import type { Sample } from '../analysis/evidence/sample.ts';
import type { MetricSources, QueryOwner } from '../ports/metric-source.ts';
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
const source = (sample: MetricSources['sample']): MetricSources => ({ sample });

describe('readWindow', () => {
  it('asks for both versions at both ends', async () => {
    const asked: string[] = [];
    const answering = source(async (promql, at) => {
      asked.push(`${at} ${promql}`);
      return some;
    });
    const window = await readWindow({ metrics: answering }, one, 'model', { start: 1, end: 2 });
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

  it('makes a provider error of a source that breaks its promise and throws', async () => {
    const deps = { metrics: source(() => Promise.reject(new Error('boom'))) };
    const { samples } = await readWindow(deps, one, 'model', { start: 1, end: 2 });
    expect(samples.map(({ end }) => end)).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'providerError', message: 'boom' })),
    );
  });

  it('says who asks, and for how long', async () => {
    const askers: (QueryOwner | undefined)[] = [];
    const answering = source(async (_promql, _at, _source, asker) => {
      askers.push(asker);
      return some;
    });
    const { signal } = new AbortController();
    await readWindow({ metrics: answering }, one, 'model', { start: 1, end: 2 }, [], signal);
    expect(askers[0]).toEqual({ namespace: 'shop', name: one.metadata.name, signal });
  });
});

describe('readRequests', () => {
  it('asks for the counts of all requests only', async () => {
    const { samples } = await readRequests({ metrics: source(async () => some) }, one, 'model', {
      start: 1,
      end: 2,
    });
    expect(samples.map(({ arm, part }) => `${arm} ${part}`)).toEqual(['canary requests', 'stable requests']);
  });
});

describe('probeMetrics', () => {
  it.each<[string, Sample, string | null]>([
    ['some', some, null],
    ['none', { kind: 'noData', message: 'empty' }, 'MetricWithoutData'],
    ['an error', { kind: 'providerError', message: 'HTTP 500' }, 'MetricsUnreachable'],
  ])('with %s', async (_what, sample, reason) => {
    const deps = { metrics: source(async () => sample) };
    expect((await probeMetrics(deps, one, 'model', 1))?.reason ?? null).toBe(reason);
  });
});
