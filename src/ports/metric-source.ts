import type { Sample } from '../analysis/evidence/sample.ts';

/** Who asks. Those who ask a source have equal shares of what it answers at a time. */
export interface Asker {
  readonly namespace: string;
  /** Of the Release. */
  readonly name: string;
  /** Aborted when nobody waits for the answer any more: what has not been sent by then is not sent. */
  readonly signal?: AbortSignal | undefined;
}

/** Where counters are read from. */
export interface MetricSource {
  /**
   * The instant vector of a query at a time in epoch milliseconds. Never throws: whatever goes wrong is a sample that
   * says so in one sentence. Answers within the time limit of the source, which counts from when the query is sent: to
   * wait for others is no fault.
   */
  sample(promql: string, atMs: number, asker?: Asker): Promise<Sample>;
}

/** All sources by name. */
export interface MetricSources {
  /** As `MetricSource` does, at the source of that name; by default the one that is set for all. */
  sample(promql: string, atMs: number, source?: string, asker?: Asker): Promise<Sample>;
}

/** Puts sources together. Each has limits of its own, so that one that hangs delays only what it is asked. */
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
