import type { Sample } from '../analysis/sample.ts';

/** Where counters are read from. */
export interface MetricSource {
  /**
   * The instant vector of a query at a time in epoch milliseconds. Never throws: whatever goes wrong is a sample that
   * says so in one sentence. Answers within the time limit of the source.
   */
  sample(promql: string, atMs: number): Promise<Sample>;
}

/** All sources by name. */
export interface MetricSources {
  /** As `MetricSource` does, at the source of that name; by default the one that is set for all. */
  sample(promql: string, atMs: number, source?: string): Promise<Sample>;
}

/** Puts sources together. Each has limits of its own, so that one that hangs delays only what it is asked. */
export function metricSources(sources: ReadonlyMap<string, MetricSource>, usual: string): MetricSources {
  return {
    sample: async (promql, atMs, name = usual) => {
      const source = sources.get(name);
      if (source !== undefined) return source.sample(promql, atMs);
      const known = [...sources.keys()].join(', ');
      const message = `there is no source of metrics named ${name}; the controller knows ${known}`;
      return { kind: 'providerError', message };
    },
  };
}
