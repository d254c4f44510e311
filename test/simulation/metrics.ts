import type { Sample } from '../../src/analysis/evidence/sample.ts';
import type { MetricSource } from '../../src/ports/metric-source.ts';
import type { Flow } from './mesh.ts';

/** What Prometheus does. */
export type MetricsMode = 'ok' | 'noData' | 'error' | 'hanging';

interface Snapshot {
  readonly at: number;
  readonly counters: ReadonlyMap<string, { readonly requests: number; readonly failures: number }>;
}

/** Counters of requests and failures by `pod-template-hash`, with their past. */
export class Metrics implements MetricSource {
  mode: MetricsMode = 'ok';
  /** Questions asked so far. */
  asked = 0;
  readonly #snapshots: Snapshot[] = [];
  readonly #exact = new Map<string, { requests: number; failures: number }>();
  readonly #rate: number;
  readonly #late: () => Promise<void>;

  /** `rate` is in requests per second; `late` resolves when the time for an answer is over. */
  constructor(rate: number, late: () => Promise<void>) {
    this.#rate = rate;
    this.#late = late;
  }

  record(flow: Flow, failures: (hash: string) => number, now: number, ms: number): void {
    for (const [hash, share] of flow.shares) {
      const before = this.#exact.get(hash) ?? { requests: 0, failures: 0 };
      const requests = (share * this.#rate * ms) / 1_000;
      this.#exact.set(hash, {
        requests: before.requests + requests,
        failures: before.failures + requests * failures(hash),
      });
    }
    const counters = [...this.#exact].map(([hash, { requests, failures: failed }]) => {
      return [hash, { requests: Math.floor(requests), failures: Math.floor(failed) }] as const;
    });
    this.#snapshots.push({ at: now, counters: new Map(counters) });
  }

  sample(promql: string, atMs: number): Promise<Sample> {
    this.asked += 1;
    if (this.mode === 'hanging')
      return this.#late().then(() => ({ kind: 'providerError', message: 'did not answer in time' }));
    if (this.mode === 'error') return Promise.resolve({ kind: 'providerError', message: 'HTTP 500' });
    if (this.mode === 'noData') return Promise.resolve({ kind: 'noData', message: 'no series' });
    const [, name = '', hash = ''] = /^([a-z]+)\{hash="([^"]*)"\}$/.exec(promql) ?? [];
    const found = this.#snapshots.findLast(({ at }) => at <= atMs)?.counters.get(hash);
    if (found === undefined) return Promise.resolve({ kind: 'noData', message: 'no series' });
    const value = name === 'requests' ? found.requests : found.failures;
    return Promise.resolve({ kind: 'vector', series: [{ labels: { __name__: name, hash }, value }] });
  }
}
