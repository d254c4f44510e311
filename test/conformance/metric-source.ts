import { describe, expect, it } from 'vitest';
import type { MetricSource } from '../../src/ports/metric-source.ts';

/** A source that knows `conformance_total{pod="a"} 7`, `…{pod="b"} 11` and `conformance_gauge NaN` at `atMs`. */
export interface Prepared {
  readonly source: MetricSource;
  readonly atMs: number;
  /** Conditions that every query to this source must have, such as `namespace="ml"`. */
  readonly scope?: string;
}

/** The contract of every metric source. `prepare` is called once for each test. */
export function metricSourceConformance(name: string, prepare: () => Promise<Prepared>): void {
  describe(`${name} as a metric source`, () => {
    it('gives raw counters with their labels', async () => {
      const { source, atMs, scope = '' } = await prepare();
      const sample = await source.sample(`conformance_total{pod=~"a|b",${scope}}`, atMs);
      expect(sample.kind).toBe('vector');
      const series = sample.kind === 'vector' ? sample.series : [];
      const seen = Object.fromEntries(series.map(({ labels, value }) => [labels['pod'], value]));
      expect(seen).toEqual({ a: 7, b: 11 });
      expect(series.every(({ labels }) => labels['__name__'] === 'conformance_total')).toBe(true);
    });

    it('reports missing data as such, never as a number', async () => {
      const { source, atMs, scope = '' } = await prepare();
      const none = await source.sample(`conformance_total{pod="c",${scope}}`, atMs);
      expect(none).toMatchObject({ kind: 'noData' });
      const before = await source.sample(`conformance_total{pod="a",${scope}}`, atMs - 24 * 3_600_000);
      expect(before).toMatchObject({ kind: 'noData' });
    });

    it('does not take NaN for a number', async () => {
      const { source, atMs, scope = '' } = await prepare();
      const sample = await source.sample(`conformance_gauge{${scope}}`, atMs);
      expect(sample).toMatchObject({ kind: 'notANumber' });
    });

    it.each([
      ['a query that is none', 'conformance_total{'],
      ['a range', 'conformance_total[1m]'],
      ['a number', 'vector(1) == scalar(vector(1)) or scalar('],
      ['a scalar', '42'],
    ])('answers %s with a reason', async (_, promql) => {
      const { source, atMs } = await prepare();
      const sample = await source.sample(promql, atMs);
      expect(sample.kind).toBe('providerError');
      expect(sample.kind === 'providerError' && sample.message.length).toBeGreaterThan(10);
    });

    it('gives equal queries equal answers', async () => {
      const { source, atMs, scope = '' } = await prepare();
      const query = `conformance_total{${scope}}`;
      const [one, two] = await Promise.all([source.sample(query, atMs), source.sample(query, atMs)]);
      expect(one).toEqual(two);
    });
  });
}
