import { Metric } from '../api/analysis-template.ts';
import { Policy } from '../api/rollout.ts';
import type { Period } from './arms.ts';
import { countsOf } from './counts.ts';
import type { Past, PastSeries } from './past.ts';
import { periodOf } from './period.ts';
import { createRandom } from './random.ts';

/** A policy of three steps with windows of ten seconds; `analysis` changes parts of it. */
export function policyOf(analysis: object = {}): Policy {
  return Policy.parse({
    traffic: { istio: { virtualService: 'ranker' } },
    analysis: { templates: [{ name: 'http-generic' }], falseAbortRate: '1%', ...analysis },
  });
}

/** A metric of failed requests. */
export const ERRORS = Metric.parse({
  name: 'errors',
  max: '5%',
  maxIncrease: '1pp',
  errors: { requests: 'requests_total{pod=~"{{pods}}"}', failures: 'failures_total{pod=~"{{pods}}"}' },
});
/** A metric of slow requests. */
export const LATENCY = Metric.parse({
  name: 'latency',
  max: '500ms',
  latency: { buckets: 'seconds_bucket{pod=~"{{pods}}"}' },
});

const series = (past: readonly PastSeries[]): Past => ({ kind: 'series', series: past });

/** Counters of pods of one version at a rate each, with a share of bad requests that may change from window to window. */
export function periodWith(options: {
  readonly pods: number;
  readonly perSecond: number;
  readonly bad: (window: number) => number;
  readonly windows?: number;
  readonly seed?: number;
}): Period {
  const { pods, perSecond, bad, windows = 120, seed = 1 } = options;
  const random = createRandom(seed);
  const times = Array.from({ length: windows + 1 }, (_, at) => at);
  const [requests, failures, buckets]: PastSeries[][] = [[], [], []];
  for (let index = 0; index < pods; index++) {
    const labels = { pod: `ranker-abc-${String(index).padStart(5, '0')}` };
    let [all, failed] = [1_000, 10];
    const values = times.map((at) => {
      const now = random.poisson(perSecond * 10);
      [all, failed] = [all + now, failed + random.binomial(now, bad(at))];
      return [all, failed] as const;
    });
    requests?.push({ labels, values: values.map(([one]) => one) });
    failures?.push({ labels, values: values.map(([, one]) => one) });
    buckets?.push(
      { labels: { ...labels, le: '0.5' }, values: values.map(([one, slow]) => one - slow) },
      { labels: { ...labels, le: '+Inf' }, values: values.map(([one]) => one) },
    );
  }
  const metrics = [
    countsOf(ERRORS, { requests: series(requests ?? []), failures: series(failures ?? []) }, windows),
    countsOf(LATENCY, { buckets: series(buckets ?? []) }, windows),
  ].flatMap((one) => ('why' in one ? [] : [one]));
  const period = periodOf({ startMs: 0, stepMs: 10_000, count: windows + 1 }, metrics);
  if (period === null) throw new Error('the period is empty');
  return period;
}
