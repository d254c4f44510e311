import { describe, expect, it } from 'vitest';
import { LATENCY, periodWith, policyOf } from '../../test/fixtures/replay.ts';
import { Metric } from '../api/analysis/analysis-template.ts';
import type { Past, PastSeries } from '../ports/past.ts';
import { samplesOf } from './arms.ts';
import { countsOf, isShare, valuesOf } from './counts.ts';
import { pastQueries } from './queries.ts';
import { replay } from './replay.ts';

const QUEUE = Metric.parse({ name: 'queue', max: '20', value: { query: 'max(queue{pod=~"{{pods}}"})' } });
const series = (...all: PastSeries[]): Past => ({ kind: 'series', series: all });

const NAMES = {
  namespace: 'ml',
  workload: 'ranker',
  service: 'ranker',
  stable: { replicaSet: 'ranker-abc', hash: 'abc' },
  canary: { replicaSet: 'ranker-x', hash: 'x' },
};

describe('numbers that stand for themselves', () => {
  it('are asked of what served', () => {
    expect(pastQueries([QUEUE], NAMES)).toMatchObject([
      { part: 'query', promql: 'max(queue{pod=~"ranker-[a-z0-9]+-[a-z0-9]{5}"})' },
    ]);
  });

  it.each([
    ['Kubernetes', `${'a'.repeat(47)}-5d59d67564x2z9k`],
    ['Sluice', `${'a'.repeat(42)}-sbcdfghjkl-x2z9k`],
  ])('are asked of the pods that a long name was cut for by %s', (_who, pod) => {
    const workload = 'a'.repeat(47);
    const stable = { replicaSet: `${workload}-5d59d67564`, hash: '5d59d67564' };
    const [query] = pastQueries([QUEUE], { ...NAMES, workload, stable });
    const pattern = /pod=~"(.*)"/.exec(query?.promql ?? '')?.[1] ?? '';
    expect(new RegExp(`^(?:${pattern})$`).test(pod)).toBe(true);
    expect(new RegExp(`^(?:${pattern})$`).test('other-5d59d67564-x2z9k')).toBe(false);
  });

  it('are read at the end of each window', () => {
    expect(isShare(QUEUE)).toBe(false);
    expect(valuesOf(QUEUE, series({ labels: {}, values: [1, 2, undefined, 4] }), 3)).toMatchObject({
      values: [2, undefined, 4],
    });
  });

  it.each<[string, Past | undefined, string]>([
    ['no answer', undefined, 'not asked'],
    ['no data', { kind: 'noData', message: 'the query gives no series' }, 'no series'],
    ['several series', series({ labels: {}, values: [] }, { labels: {}, values: [] }), 'gives 2 series'],
  ])('are left out with a reason: %s', (_what, past, why) => {
    expect(valuesOf(QUEUE, past, 3)).toMatchObject({ metric: 'queue', why: expect.stringContaining(why) });
  });

  const calm = periodWith({ pods: 4, perSecond: 20, bad: () => 0.01 });
  const withQueue = (at: (window: number) => number | undefined) => ({
    ...calm,
    values: [{ metric: QUEUE, values: Array.from({ length: calm.count }, (_, window) => at(window)) }],
  });
  const replayed = (at: (window: number) => number | undefined) =>
    replay({
      rollout: 'ranker',
      namespace: 'ml',
      fromMs: 0,
      toMs: 1_200_000,
      seed: 7,
      leftOut: [],
      empty: 0,
      policy: policyOf(),
      runs: 4,
      faultRuns: 1,
      periods: [withQueue(at)],
    });

  it('count for a replayed release as they would have', () => {
    expect(replayed(() => 5)).toMatchObject({ promoted: 4, falseAborts: { hits: 0 } });
    expect(replayed((window) => (window >= 8 && window < 11 ? 30 : 5))).toMatchObject({
      falseAborts: { hits: 4 },
      falseAbortsBy: [
        { metric: 'queue', count: 4, example: expect.stringContaining('30 against at most 20') },
      ],
    });
    expect(replayed(() => undefined)).toMatchObject({
      undecided: 4,
      undecidedExample: expect.stringContaining('queue: the query gave no number'),
    });
  });

  it('have no smallest fault, since they are no share of requests', () => {
    expect(replayed(() => 5).sensitivity.map(({ metric }) => metric)).toEqual(['errors', 'latency']);
  });
});

const native = (values: [fast: number, slow: number, all: number][]): Past =>
  series(
    { labels: { pod: 'a', __upper__: '0.25' }, values: values.map(([fast]) => fast) },
    { labels: { pod: 'a', __upper__: '0.5' }, values: values.map(([, slow]) => slow) },
    { labels: { pod: 'a', le: '+Inf' }, values: values.map(([, , all]) => all) },
  );

describe('native histograms', () => {
  it('have the own count of each bucket; a window in which the resolution changes says nothing', () => {
    const buckets = native([
      [10, 5, 20],
      [14, 6, 27],
      [40, 30, 29],
    ]);
    expect(countsOf(LATENCY, { buckets }, 2)).toMatchObject({
      native: true,
      categories: ['0.25', '0.5', '+Inf'],
      pods: [{ pod: 'a', windows: [[4, 1, 2], null] }],
    });
  });

  it('are given to the judge as they were read', () => {
    const counts = countsOf(
      LATENCY,
      {
        buckets: native([
          [0, 0, 0],
          [4, 1, 7],
        ]),
      },
      1,
    );
    const [sample] = 'pods' in counts ? samplesOf(counts, 'canary', [4, 1, 2]) : [];
    expect(sample?.end).toEqual({
      kind: 'vector',
      series: [
        { labels: { pod: 'replayed', __upper__: '0.25' }, value: 4 },
        { labels: { pod: 'replayed', __upper__: '0.5' }, value: 1 },
        { labels: { pod: 'replayed', le: '+Inf' }, value: 7 },
      ],
    });
  });
});
