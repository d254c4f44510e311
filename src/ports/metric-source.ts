import type { Sample } from '../analysis/evidence/sample.ts';
import type { Past, Span } from './past.ts';

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
  /** The counters of a query over a span of the past, under the same limits. Absent where nothing stores the past. */
  past?(promql: string, span: Span, asker?: QueryOwner): Promise<Past>;
}

/** All sources by name. */
export interface MetricSources {
  /** As `MetricSource` does, at the source of that name; without a name at the default source. */
  sample(promql: string, atMs: number, source?: string, asker?: QueryOwner): Promise<Sample>;
}

/** The past in all sources by name. */
export interface PastSources {
  /** As `MetricSource` does, at the source of that name; a source without a past gives `noData`. */
  past(promql: string, span: Span, source?: string, asker?: QueryOwner): Promise<Past>;
}

/** Combines sources. Each has its own limits, so that a hanging source delays only its own queries. */
export function metricSources(
  sources: ReadonlyMap<string, MetricSource>,
  usual: string,
): MetricSources & PastSources {
  const unknown = (name: string) => {
    const message = `there is no source of metrics named ${name}; the controller knows ${[...sources.keys()].join(', ')}`;
    return { kind: 'providerError', message } as const;
  };
  return {
    sample: async (promql, atMs, name = usual, asker) =>
      sources.get(name)?.sample(promql, atMs, asker) ?? unknown(name),
    past: async (promql, span, name = usual, asker) => {
      const source = sources.get(name);
      if (source === undefined) return unknown(name);
      const message = `the source ${name} stores no past`;
      return source.past?.(promql, span, asker) ?? { kind: 'noData', message };
    },
  };
}
