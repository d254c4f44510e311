import type { Clock } from '../../clock.ts';
import type { MetricSources } from '../../ports/metric-source.ts';

/** Sources whose queries are counted, by the kind of the resulting sample. */
export function measureQueries(
  sources: MetricSources,
  clock: Pick<Clock, 'monotonic'>,
  queried: (result: string, seconds: number) => void,
): MetricSources {
  return {
    sample: async (promql, atMs, source, asker) => {
      const since = clock.monotonic();
      const sample = await sources.sample(promql, atMs, source, asker);
      queried(sample.kind, (clock.monotonic() - since) / 1_000);
      return sample;
    },
  };
}
