import type { Clock } from '../../clock.ts';
import type { MetricSources, PastSources } from '../../ports/metric-source.ts';

/** Sources whose queries are counted, by the kind of the resulting sample. */
export function measureQueries(
  sources: MetricSources & PastSources,
  clock: Pick<Clock, 'monotonic'>,
  queried: (result: string, seconds: number) => void,
): MetricSources & PastSources {
  const timed = async <T extends { readonly kind: string }>(query: () => Promise<T>): Promise<T> => {
    const since = clock.monotonic();
    const answer = await query();
    queried(answer.kind, (clock.monotonic() - since) / 1_000);
    return answer;
  };
  return {
    sample: (...query) => timed(() => sources.sample(...query)),
    past: (...query) => timed(() => sources.past(...query)),
  };
}
