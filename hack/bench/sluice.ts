import type { ArmSamples, Sample, Series, WindowSamples } from '../../src/analysis/evidence/sample.ts';
import { judgeMetric } from '../../src/analysis/verdict/judge.ts';
import type { Metric } from '../../src/api/analysis/analysis-template.ts';
import type { MetricState } from '../../src/api/release/analysis-state.ts';
import { Analysis } from '../../src/api/rollout/rollout.ts';
import type { Engine } from './engine.ts';
import { type Arm, addBuckets, EDGES, type Look, SECONDS } from './look.ts';

type Name = 'canary' | 'stable';

/** The counters of one pod, as Prometheus would show them. */
function counters(metric: Metric, arm: Name, { events, bad, buckets }: Arm): Record<string, Sample> {
  const pod = `${arm}-00000`;
  if (metric.latency !== undefined) {
    let below = 0;
    const series = (buckets ?? []).map((count, index): Series => {
      below += count;
      return { labels: { pod, le: String(EDGES[index] ?? '+Inf') }, value: below };
    });
    return { buckets: { kind: 'vector', series } };
  }
  const status = (code: string, value: number): Series => ({ labels: { pod, status: code }, value });
  const failed = status('500', bad);
  return {
    requests: { kind: 'vector', series: [status('200', events - bad), failed] },
    failures: { kind: 'vector', series: [failed] },
  };
}

function armSamples(metric: Metric, arm: Name, before: Arm, after: Arm): ArmSamples[] {
  const [start, end] = [counters(metric, arm, before), counters(metric, arm, after)];
  return Object.entries(end).map(([part, sample]) => ({
    metric: metric.name,
    arm,
    part: part as ArmSamples['part'],
    promql: '',
    start: start[part] ?? sample,
    end: sample,
  }));
}

function grown(before: Arm, { events, bad, buckets }: Arm): Arm {
  return {
    events: before.events + events,
    bad: before.bad + bad,
    ...(buckets === undefined ? {} : { buckets: addBuckets(before.buckets ?? [], buckets) }),
  };
}

function nothing(look: Arm): Arm {
  return { events: 0, bad: 0, ...(look.buckets === undefined ? {} : { buckets: look.buckets.map(() => 0) }) };
}

/** Sluice's own code, with the policy of a template: raw counters in, verdicts out. */
export function sluiceEngine(metrics: readonly Metric[]): Engine {
  const analysis = Analysis.parse({ templates: [{ name: 'http-generic' }], interval: `${SECONDS}s` });
  return {
    name: 'sluice',
    begin: (kind) => {
      const metric = metrics.find((one) => (one.latency !== undefined) === (kind === 'latency'));
      if (metric === undefined) throw new Error(`the template has no metric for ${kind}`);
      let state: MetricState | undefined;
      let before: Look | undefined;
      let end = 0;
      return (look) => {
        const start = before ?? { canary: nothing(look.canary), stable: nothing(look.stable) };
        const after = { canary: grown(start.canary, look.canary), stable: grown(start.stable, look.stable) };
        const arms = (['canary', 'stable'] as const).flatMap((arm) =>
          armSamples(metric, arm, start[arm], after[arm]),
        );
        const window: WindowSamples = { start: end, end: end + SECONDS * 1_000, samples: arms };
        // As in a release with both metrics of the template, which share the false-abort rate.
        state = judgeMetric(metric, analysis, state, window, { metrics: metrics.length });
        [before, end] = [after, window.end];
        return state.verdict === 'fail';
      };
    },
  };
}
