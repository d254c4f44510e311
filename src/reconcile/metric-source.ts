import type { Sample } from '../analysis/sample.ts';

/** Where counters are read from. */
export interface MetricSource {
  /**
   * The instant vector of a query at a time in epoch milliseconds. Never throws: whatever goes wrong is a sample that
   * says so in one sentence. Answers within the time limit of the source.
   */
  sample(promql: string, atMs: number): Promise<Sample>;
}
