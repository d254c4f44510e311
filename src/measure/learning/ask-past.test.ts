import { describe, expect, it } from 'vitest';
import { ERRORS, LATENCY } from '../../../test/fixtures/replay.ts';
import type { PastSources } from '../../ports/metric-source.ts';
import type { Past, PastSeries, Span } from '../../ports/past.ts';
import { askPast, type Lesson } from './ask-past.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const HASH = 'web-7d4b9c6f5d';

const lesson: Lesson = {
  names: {
    namespace: 'shop',
    workload: 'web',
    service: 'web',
    stable: { replicaSet: HASH, hash: '7d4b9c6f5d' },
    canary: { replicaSet: '', hash: '' },
  },
  metrics: [ERRORS, LATENCY],
  replicas: 4,
  canaryPods: 1,
  releases: [],
  before: [],
};

/** A counter that grows by `each` from value to value. */
const counter = (labels: Record<string, string>, { count }: Span, each: number): PastSeries => ({
  labels,
  values: Array.from({ length: count }, (_, at) => at * each),
});

const PODS = ['aaaaa', 'bbbbb', 'ccccc', 'ddddd'].map((name) => `${HASH}-${name}`);

/** Four pods with 1,000 requests in half a minute each, of which 10 fail and 60 take more than 0.5 s. */
function stored(promql: string, span: Span): Past {
  const series = PODS.flatMap((pod): PastSeries[] => {
    if (promql.includes('bucket'))
      return [
        counter({ pod, le: '0.1' }, span, 700),
        counter({ pod, le: '0.5' }, span, 940),
        counter({ pod, le: '+Inf' }, span, 1_000),
      ];
    return [counter({ pod }, span, promql.startsWith('failures') ? 10 : 1_000)];
  });
  return { kind: 'series', series };
}

/** A source that remembers what it was asked. */
function sourceOf(answer: (promql: string, span: Span) => Past) {
  const asked: Span[] = [];
  const sources: PastSources = {
    past: async (promql, span) => {
      asked.push(span);
      return answer(promql, span);
    },
  };
  return { asked, sources };
}

const ask = (sources: PastSources, over: Partial<Lesson> = {}) =>
  askPast(sources, { ...lesson, ...over }, NOW, new AbortController().signal);

describe('askPast', () => {
  it('learns of each metric from a few stretches of the week', async () => {
    const { asked, sources } = sourceOf(stored);
    const { metrics, queries, at, message } = await ask(sources);
    expect(metrics).toEqual([
      expect.objectContaining({ metric: 'errors', base: 0.01, variation: 0, days: 7 }),
      expect.objectContaining({ metric: 'latency', base: 0.06, variation: 0, days: 7 }),
    ]);
    expect({ queries, at, message }).toEqual({
      queries: 18,
      at: new Date(NOW).toISOString(),
      message: undefined,
    });
    expect(asked).toHaveLength(queries);
    const starts = new Set(asked.map(({ startMs }) => startMs));
    expect(starts.size).toBe(6);
    expect(Math.min(...starts)).toBeGreaterThan(NOW - 8 * 86_400_000);
    for (const { startMs, stepMs, count } of asked) expect(startMs + stepMs * (count - 1)).toBeLessThan(NOW);
  });

  it.each([
    { metrics: 1, most: 24 },
    { metrics: 10, most: 24 },
    { metrics: 30, most: 60 },
  ])('sends at most $most queries for $metrics metrics', async ({ metrics, most }) => {
    const { asked, sources } = sourceOf(stored);
    await ask(sources, {
      metrics: Array.from({ length: metrics }, (_, index) => ({ ...ERRORS, name: `m${index}` })),
    });
    expect(asked.length).toBeLessThanOrEqual(most);
    expect(asked.length).toBeGreaterThan(0);
  });

  it('asks for shorter stretches where there are many pods', async () => {
    const few = sourceOf(stored);
    await ask(few.sources);
    const many = sourceOf(stored);
    await ask(many.sources, { replicas: 400 });
    expect(few.asked[0]?.count).toBe(241);
    expect(many.asked[0]?.count).toBe(41);
  });

  it('reads the newest promotions, in which pods start', async () => {
    const began = new Date(NOW - 86_400_000).toISOString();
    const status = {
      phase: 'Promoted',
      trail: [{ phase: 'Promoting.Handover', at: began, reason: 'Passed' }],
    };
    const { asked, sources } = sourceOf(stored);
    await ask(sources, { releases: [{ status }] as unknown as Lesson['releases'] });
    expect(asked.some(({ startMs }) => startMs === NOW - 86_400_000 - 30_000)).toBe(true);
  });

  it('keeps what was known of a metric that gives no answer, and says why', async () => {
    const before = [{ metric: 'errors', base: 0.02, days: 7 }];
    const { sources } = sourceOf((promql, span) =>
      promql.includes('bucket')
        ? stored(promql, span)
        : { kind: 'noData', message: 'the query gives no series' },
    );
    const { metrics, message } = await ask(sources, { before });
    expect(metrics.map(({ metric, base }) => [metric, base])).toEqual([
      ['errors', 0.02],
      ['latency', 0.06],
    ]);
    expect(message).toBe('errors: the query gives no series');
  });

  it('leaves a source that fails alone after the first stretch', async () => {
    const { asked, sources } = sourceOf(() => ({
      kind: 'providerError',
      message: 'prometheus refuses the connection',
    }));
    const { metrics, message, queries } = await ask(sources);
    expect(metrics).toEqual([]);
    expect(message).toContain('prometheus refuses the connection');
    expect(asked).toHaveLength(3);
    expect(queries).toBe(3);
  });

  it('asks for no more where the newest stretch has nothing', async () => {
    const { asked, sources } = sourceOf(() => ({ kind: 'noData', message: 'the query gives no series' }));
    expect((await ask(sources)).queries).toBe(3);
    expect(asked).toHaveLength(3);
  });

  it('takes a source that throws for a failed source', async () => {
    const sources: PastSources = { past: () => Promise.reject(new Error('broken')) };
    expect((await ask(sources)).message).toContain('broken');
  });
});
