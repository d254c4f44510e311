import type { Sample } from '../analysis/evidence/sample.ts';

/** Who queries. A source divides its capacity equally among them. */
export interface QueryOwner {
  readonly namespace: string;
  /** Of the Release. */
  readonly name: string;
  /** Aborted when nobody waits for the answer any more: a query not yet sent is dropped. */
  readonly signal?: AbortSignal | undefined;
}

/** Where counters are read from. */
export interface MetricSource {
  /**
   * The instant vector of a query at a time in epoch milliseconds. Never throws: a failure is a sample with one
   * sentence about it. Answers within the time limit of the source, which counts from when the query is sent: waiting
   * for a turn is not a failure.
   */
  sample(promql: string, atMs: number, asker?: QueryOwner): Promise<Sample>;
}

/** All sources by name. */
export interface MetricSources {
  /** As `MetricSource` does, at the source of that name; without a name at the default source. */
  sample(promql: string, atMs: number, source?: string, asker?: QueryOwner): Promise<Sample>;
}

/** Combines sources. Each has its own limits, so that a hanging source delays only its own queries. */
export function metricSources(sources: ReadonlyMap<string, MetricSource>, usual: string): MetricSources {
  return {
    sample: async (promql, atMs, name = usual, asker) => {
      const source = sources.get(name);
      if (source !== undefined) return source.sample(promql, atMs, asker);
      const known = [...sources.keys()].join(', ');
      const message = `there is no source of metrics named ${name}; the controller knows ${known}`;
      return { kind: 'providerError', message };
    },
  };
}
