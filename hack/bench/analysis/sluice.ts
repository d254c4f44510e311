import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ArmSamples, Sample, Series, WindowSamples } from '../../../src/analysis/evidence/sample.ts';
import { type KnownPods, podsAfter } from '../../../src/analysis/evidence/young-pods.ts';
import { judgeMetric } from '../../../src/analysis/verdict/judge.ts';
import { AnalysisTemplateSpec, type Metric } from '../../../src/api/analysis/analysis-template.ts';
import type { MetricState } from '../../../src/api/release/analysis-state.ts';
import { Analysis } from '../../../src/api/rollout/rollout.ts';
import type { Decision, Engine } from './engine.ts';
import { type Arm, addArms, EDGES, SECONDS, type VersionArm } from './look.ts';

type Name = 'canary' | 'stable';

/** The counters of one version at the end of a look, by pod. */
type Counters = ReadonlyMap<string, Arm>;

/** The series of one pod, as Prometheus would show them. */
function seriesOf(metric: Metric, pod: string, { events, bad, buckets }: Arm): Record<string, Series[]> {
  if (metric.latency !== undefined) {
    let below = 0;
    const series = (buckets ?? []).map((count, index): Series => {
      below += count;
      return { labels: { pod, le: String(EDGES[index] ?? '+Inf') }, value: below };
    });
    return { buckets: series };
  }
  const status = (code: string, value: number): Series => ({ labels: { pod, status: code }, value });
  const failed = status('500', bad);
  return { requests: [status('200', events - bad), failed], failures: [failed] };
}

function sampleOf(metric: Metric, counters: Counters, part: string): Sample {
  const series = [...counters].flatMap(([pod, arm]) => seriesOf(metric, pod, arm)[part] ?? []);
  return series.length === 0 ? { kind: 'noData', message: 'no series' } : { kind: 'vector', series };
}

function samplesOf(metric: Metric, arm: Name, before: Counters, after: Counters): ArmSamples[] {
  const parts = metric.latency === undefined ? (['requests', 'failures'] as const) : (['buckets'] as const);
  return parts.map((part) => ({
    metric: metric.name,
    arm,
    part,
    promql: '',
    start: sampleOf(metric, before, part),
    end: sampleOf(metric, after, part),
  }));
}

const zero = ({ buckets }: Arm): Arm => ({
  events: 0,
  bad: 0,
  ...(buckets === undefined ? {} : { buckets: buckets.map(() => 0) }),
});

/** A pod is scraped before its first request: its counters are 0 at the start of its first look. */
function begun(before: Counters, arm: VersionArm): Counters {
  return new Map(arm.pods.map((one) => [one.pod, before.get(one.pod) ?? zero(one)]));
}

function grown(before: Counters, arm: VersionArm): Counters {
  return new Map(
    arm.pods.map((one) => [one.pod, addArms(before.get(one.pod) ?? { events: 0, bad: 0 }, one)]),
  );
}

const DECISIONS: Readonly<Record<MetricState['verdict'], Decision>> = {
  pass: 'go',
  fail: 'abort',
  inconclusive: 'wait',
  noData: 'wait',
  providerError: 'wait',
};

const TEMPLATE = new URL('../../../analysis-templates/http-generic.yaml', import.meta.url);

/** The policy that Sluice is tried with. */
export const POLICY = 'analysis-templates/http-generic.yaml';

function templateMetrics(): readonly Metric[] {
  const text = readFileSync(TEMPLATE, 'utf8');
  return z.object({ spec: AnalysisTemplateSpec }).parse(parse(text)).spec.metrics ?? [];
}

const METRICS = templateMetrics();
const ANALYSIS = Analysis.parse({ templates: [{ name: 'http-generic' }], interval: `${SECONDS}s` });

/** The false-abort rate of one metric of the policy, which its metrics share. */
export const STATED = Number.parseFloat(ANALYSIS.falseAbortRate) / 100 / METRICS.length;

/**
 * Sluice's own code, with the policy of a template: raw counters of pods in, verdicts out. Without `learns` it is the
 * first release of a workload, of whose past nothing is known.
 */
export function sluiceEngine(learns = false): Engine {
  return {
    name: learns ? 'sluice-learnt' : 'sluice',
    ...(learns ? { learns } : {}),
    begin: (kind, calibration) => {
      const metric = METRICS.find((one) => (one.latency !== undefined) === (kind === 'latency'));
      if (metric === undefined) throw new Error(`the template has no metric for ${kind}`);
      let state: MetricState | undefined;
      let before: Record<Name, Counters> = { canary: new Map(), stable: new Map() };
      let pods: KnownPods = [];
      let end = 0;
      return (look) => {
        const start = {
          canary: begun(before.canary, look.canary),
          stable: begun(before.stable, look.stable),
        };
        const after = { canary: grown(start.canary, look.canary), stable: grown(start.stable, look.stable) };
        const samples = (['canary', 'stable'] as const).flatMap((arm) =>
          samplesOf(metric, arm, start[arm], after[arm]),
        );
        const window: WindowSamples = { start: end, end: end + SECONDS * 1_000, samples };
        pods = podsAfter(pods, window);
        // As in a release with both metrics of the template, which share the false-abort rate.
        state = judgeMetric(metric, ANALYSIS, state, window, { metrics: METRICS.length, calibration, pods });
        [before, end] = [after, window.end];
        return DECISIONS[state.verdict];
      };
    },
  };
}
