import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { until } from '../hack/lab/until.ts';
import { judgeMetric } from '../src/analysis/judge.ts';
import { preflightQueries } from '../src/analysis/preflight.ts';
import { queriesOf } from '../src/analysis/query.ts';
import { resolveMetrics } from '../src/analysis/resolve.ts';
import type { ArmSamples } from '../src/analysis/sample.ts';
import type { AnalysisTemplate, Metric } from '../src/api/analysis-template.ts';
import type { MetricState } from '../src/api/release.ts';
import { Analysis } from '../src/api/rollout.ts';
import { TemplateRef } from '../src/api/template-ref.ts';
import { systemClock } from '../src/clock.ts';
import { createPrometheus } from '../src/prometheus/source.ts';
import { metricSourceConformance } from '../src/reconcile/metric-source.conformance.ts';
import type { MetricSource } from '../src/reconcile/metric-source.ts';
import { CONFORMANCE_PAGE, type Done, envoyPage, httpPage, istioPage } from './exposition.ts';
import { type PrometheusServer, prometheusServer } from './prometheus-server.ts';

const names = {
  namespace: 'ml',
  workload: 'ranker',
  service: 'ranker',
  canary: { replicaSet: 'ranker-abc', hash: 'abc' },
  stable: { replicaSet: 'ranker-def', hash: 'def' },
};
const analysis = Analysis.parse({ templates: [{ name: 'x' }] });

let server: PrometheusServer;
let source: MetricSource;
const newSource = (): MetricSource => createPrometheus({ urls: [server.url], clock: systemClock });

type Arms = Readonly<Record<'canary' | 'stable', Done>>;

/** The pages of a template; what it reads from pods has two pods of stable and one of another workload beside them. */
const PAGES: Readonly<Record<string, (arms: Arms) => Readonly<Record<string, string>>>> = {
  'http-generic': (arms) => podPages('http', httpPage, arms),
  istio: (arms) => podPages('istio', istioPage, arms),
  envoy: (arms) => ({ envoy: envoyPage(arms) }),
};

function podPages(
  prefix: string,
  page: (done: Done) => string,
  { canary, stable }: Arms,
): Record<string, string> {
  const { requests, failures, slow } = stable;
  const half = { requests: requests / 2, failures: failures / 2, slow: slow / 2 };
  return {
    [`${prefix}/ranker-abc-x2z9k`]: page(canary),
    [`${prefix}/ranker-def-aaaaa`]: page(half),
    [`${prefix}/ranker-def-bbbbb`]: page(half),
    [`${prefix}/ranker-def-gh-ccccc`]: page({ requests: 777, failures: 555, slow: 333 }),
  };
}

const BEFORE: Arms = {
  canary: { requests: 20, failures: 0, slow: 0 },
  stable: { requests: 1_000, failures: 0, slow: 0 },
};
const AFTER: Arms = {
  canary: { requests: 120, failures: 60, slow: 70 },
  stable: { requests: 1_900, failures: 2, slow: 36 },
};

function publish(pages: Readonly<Record<string, string>>): void {
  for (const [page, text] of Object.entries(pages)) server.publish(page, text);
}

/** The labels that Prometheus gives to what it scrapes there. */
const labelsOf = (page: string): Readonly<Record<string, string>> =>
  page.includes('/') ? { namespace: 'ml', pod: page.slice(page.indexOf('/') + 1) } : { proxy: 'gateway' };

beforeAll(async () => {
  const pages = Object.values(PAGES).flatMap((make) => Object.keys(make(BEFORE)));
  const targets = Object.fromEntries(pages.map((page) => [page, labelsOf(page)]));
  server = await prometheusServer({ ...targets, conformance: {} });
  server.publish('conformance', CONFORMANCE_PAGE);
  source = newSource();
});
afterAll(() => server.close());

metricSourceConformance('a real Prometheus', async () => {
  const seen = async (): Promise<boolean> =>
    (await newSource().sample('conformance_total', Date.now())).kind === 'vector';
  await until('the page is scraped', seen);
  return { source: newSource(), atMs: Date.now() };
});

function metricsOf(name: string, bound: string): readonly Metric[] {
  const file = new URL(`../analysis-templates/${name}.yaml`, import.meta.url);
  const template = parse(readFileSync(file, 'utf8')) as AnalysisTemplate;
  const found = resolveMetrics([TemplateRef.parse({ name })], [template], [{ name: 'latency', max: bound }]);
  if ('problem' in found) throw new Error(found.problem.message);
  return found.metrics;
}

/** Waits until Prometheus has the counts of both versions, and gives a time at which it does. */
async function scraped(metrics: readonly Metric[], { canary, stable }: Arms): Promise<number> {
  const counted = queriesOf(metrics, names).filter(({ part }) => part === 'requests');
  const wanted = { canary: canary.requests, stable: stable.requests };
  return until('the counts are scraped', async () => {
    const now = Date.now();
    for (const { arm, promql } of counted) {
      const sample = await source.sample(promql, now);
      const series = sample.kind === 'vector' ? sample.series : [];
      if (series.reduce((sum, { value }) => sum + value, 0) !== wanted[arm]) return null;
    }
    return now;
  });
}

describe.each(Object.entries(PAGES))('the template %s on a real Prometheus', (name, pages) => {
  it('finds a bad canary by counts that are exact', async () => {
    const metrics = metricsOf(name, '300ms');
    publish(pages(BEFORE));
    const start = await scraped(metrics, BEFORE);
    const queries = queriesOf(metrics, names);
    const probes = await Promise.all(
      queries.map(async (query) => ({ ...query, sample: await source.sample(query.promql, start) })),
    );
    expect(preflightQueries(metrics, probes)).toBeNull();
    publish(pages(AFTER));
    const end = await scraped(metrics, AFTER);
    const read = async (query: (typeof queries)[number]): Promise<ArmSamples> => ({
      ...query,
      start: await source.sample(query.promql, start),
      end: await source.sample(query.promql, end),
    });
    const window = { start, end, samples: await Promise.all(queries.map(read)) };
    const states = metrics.map((metric): MetricState => judgeMetric(metric, analysis, undefined, window, 2));
    expect(states).toMatchObject([
      { name: 'errors', verdict: 'fail', canary: { events: 100, bad: 60 }, stable: { events: 900, bad: 2 } },
      {
        name: 'latency',
        verdict: 'fail',
        canary: { events: 100, over: 70 },
        stable: { events: 900, bad: 36 },
        edge: 0.3,
      },
    ]);
  });

  it('says before the release which edges there are', async () => {
    const metrics = metricsOf(name, '700ms');
    publish(pages(BEFORE));
    const now = Date.now();
    const probes = await Promise.all(
      queriesOf(metrics, names).map(async (query) => ({
        ...query,
        sample: await source.sample(query.promql, now),
      })),
    );
    expect(preflightQueries(metrics, probes)).toMatchObject({
      reason: 'NoBucketEdge',
      message: expect.stringContaining('300ms'),
    });
  });
});
