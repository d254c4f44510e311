import { describe, expect, it } from 'vitest';
import { LIBRARY_TEMPLATES } from '../../test/fixtures/exposition/recorded.ts';
import { release } from '../../test/fixtures/release.ts';
import type { Sample } from '../analysis/evidence/sample.ts';
import { resolveMetrics } from '../analysis/templates/resolve.ts';
import { TemplateRef } from '../api/analysis/template-ref.ts';
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

/** Queries that a window of the metrics of a template asks after another window. */
async function count(name: string): Promise<number> {
  const found = resolveMetrics([TemplateRef.parse({ name })], LIBRARY_TEMPLATES, []);
  if ('problem' in found) throw new Error(found.problem.message);
  const asked = new Set<string>();
  const answering = source(async (promql, at) => {
    // The start of a window is the end of the one before, which is known.
    if (at === 2) asked.add(promql);
    return some;
  });
  const llm = release(undefined, { metrics: [...found.metrics] });
  await readWindow({ metrics: answering }, llm, 'model', { start: 1, end: 2 });
  return asked.size;
}

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

  it('asks so many queries for a window of a server for language models', async () => {
    const counts = ['vllm', 'sglang', 'llm-d', 'http-generic'].map(async (name) => count(name));
    // Without covariates 12, 10, 8 and 6: what several latencies have in common is asked once.
    expect(await Promise.all(counts)).toEqual([22, 20, 18, 6]);
  });

  it('asks for requests in flight at the end of a window only', async () => {
    const latency = {
      buckets: 'b{pod=~"{{pods}}"}',
      unit: 's',
      quantile: '95%',
      explainedBy: [{ name: 'requests in flight', gauge: 'g{pod=~"{{pods}}"}' }],
    };
    const asked: string[] = [];
    const answering = source(async (promql, at) => {
      asked.push(`${at} ${promql[0]}`);
      return some;
    });
    const metric = { name: 'ttft', latency, maxIncrease: '3pp', onNoData: 'wait', dryRun: false };
    await readWindow({ metrics: answering }, release(undefined, { metrics: [metric] }), 'm', {
      start: 1,
      end: 2,
    });
    expect(asked.toSorted()).toEqual(['1 b', '1 b', '2 b', '2 b', '2 g', '2 g']);
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
