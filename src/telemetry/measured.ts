import type { Clock } from '../clock.ts';
import type { MetricSource } from '../reconcile/metric-source.ts';

/** A source whose queries are counted, by the kind of sample that came of them. */
export function measureQueries(
  source: MetricSource,
  clock: Pick<Clock, 'monotonic'>,
  queried: (result: string, seconds: number) => void,
): MetricSource {
  return {
    sample: async (promql, atMs) => {
      const since = clock.monotonic();
      const sample = await source.sample(promql, atMs);
      queried(sample.kind, (clock.monotonic() - since) / 1_000);
      return sample;
    },
  };
}
