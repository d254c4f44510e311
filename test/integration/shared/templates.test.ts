import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { until } from '../../../hack/testbed/until.ts';
import { createPrometheus } from '../../../src/adapters/prometheus/source.ts';
import { createPodScraper } from '../../../src/adapters/scrape/source.ts';
import type { ArmSamples } from '../../../src/analysis/evidence/sample.ts';
import { preflightQueries } from '../../../src/analysis/templates/preflight.ts';
import { queriesOf } from '../../../src/analysis/templates/query.ts';
import { resolveMetrics } from '../../../src/analysis/templates/resolve.ts';
import { judgeMetric } from '../../../src/analysis/verdict/judge.ts';
import type { AnalysisTemplate, Metric } from '../../../src/api/analysis/analysis-template.ts';
import { TemplateRef } from '../../../src/api/analysis/template-ref.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { MetricState } from '../../../src/api/release/analysis-state.ts';
import { Analysis } from '../../../src/api/rollout/rollout.ts';
import { systemClock } from '../../../src/clock.ts';
import { createTargets } from '../../../src/http/outgoing/targets.ts';
import type { MetricSource } from '../../../src/ports/metric-source.ts';
import { metricSourceConformance } from '../../conformance/metric-source.ts';
import {
  CONFORMANCE_PAGE,
  flaskPage,
  goPage,
  httpPage,
  nodePage,
  starlettePage,
} from '../../fixtures/exposition/http.ts';
import { litellmPage, llmdPage, sglangPage, vllmPage } from '../../fixtures/exposition/llm-servers.ts';
import {
  bentomlPage,
  dcgmPage,
  kservePage,
  mlserverPage,
  rayServePage,
  seldonPage,
  tfServingPage,
  torchservePage,
  tritonPage,
} from '../../fixtures/exposition/model-servers.ts';
import type { Arms, Done } from '../../fixtures/exposition/page.ts';
import { envoyPage, gatewayApiPage, istioPage, linkerdPage } from '../../fixtures/exposition/proxies.ts';
import { LIBRARY_TEMPLATES } from '../../fixtures/exposition/recorded.ts';
import { type PrometheusServer, prometheusServer } from '../prometheus-server.ts';

const NAMES = {
  namespace: 'ml',
  workload: 'ranker',
  service: 'ranker',
  canary: { replicaSet: 'ranker-abc', hash: 'abc' },
  stable: { replicaSet: 'ranker-def', hash: 'def' },
};
const analysis = Analysis.parse({ templates: [{ name: 'x' }], minWindows: 1 });

let server: PrometheusServer;
let source: MetricSource;
const newSource = (): MetricSource => createPrometheus({ urls: [server.url], clock: systemClock });

type Pages = Readonly<Record<string, string>>;

/** A template on trial: its pages for what both versions have done, and a bound for each of its latencies. */
interface Trial {
  readonly pages: (arms: Arms) => Pages;
  readonly bounds: Readonly<Record<string, string>>;
  /** How the bounds are called in seconds. */
  readonly edges: Readonly<Record<string, number>>;
}

/** From the pods: one of the canary, two of stable, and one of another workload whose name begins alike. */
function onPods(
  page: (done: Done) => string,
  bounds: Trial['bounds'] = {},
  edges: Trial['edges'] = {},
): Trial {
  const pages = ({ canary, stable }: Arms): Pages => {
    const { requests, failures, slow } = stable;
    const half = page({ requests: requests / 2, failures: failures / 2, slow: slow / 2 });
    return {
      'ranker-abc-x2z9k': page(canary),
      'ranker-def-aaaaa': half,
      'ranker-def-bbbbb': half,
      'ranker-def-gh-ccccc': page({ requests: 777, failures: 555, slow: 333 }),
    };
  };
  return { pages, bounds, edges };
}

/** From one place that knows both versions. */
function onRouter(page: (arms: Arms) => string, bounds: Trial['bounds'], edges: Trial['edges']): Trial {
  return { pages: (arms) => ({ router: page(arms) }), bounds, edges };
}

const TRIALS: Readonly<Record<string, Trial>> = {
  bentoml: onPods(bentomlPage, { latency: '250ms' }, { latency: 0.25 }),
  dcgm: onRouter(({ canary }) => dcgmPage(canary), {}, {}),
  envoy: onRouter(envoyPage, { latency: '300ms' }, { latency: 0.3 }),
  'gateway-api': onRouter(gatewayApiPage, { latency: '250ms' }, { latency: 0.25 }),
  'http-generic': onPods(httpPage, { latency: '300ms' }, { latency: 0.3 }),
  'http-flask': onPods(flaskPage, { latency: '300ms' }, { latency: 0.3 }),
  'http-go': onPods(goPage, { latency: '300ms' }, { latency: 0.3 }),
  'http-node': onPods(nodePage, { latency: '300ms' }, { latency: 0.3 }),
  'http-starlette': onPods(starlettePage, { latency: '300ms' }, { latency: 0.3 }),
  istio: onPods(istioPage, { latency: '300ms' }, { latency: 0.3 }),
  kserve: onPods(kservePage, { latency: '500ms' }, { latency: 0.5 }),
  linkerd: onPods(linkerdPage, { latency: '300ms' }, { latency: 0.3 }),
  litellm: onPods(litellmPage, { latency: '2s' }, { latency: 2 }),
  'llm-d': onRouter(llmdPage, { latency: '2s', ttft: '400ms' }, { latency: 2, ttft: 0.4 }),
  mlserver: onPods(mlserverPage, { latency: '250ms' }, { latency: 0.25 }),
  'ray-serve': onPods(rayServePage, { latency: '300ms' }, { latency: 0.3 }),
  seldon: onPods(seldonPage),
  sglang: onPods(
    sglangPage,
    { latency: '4s', ttft: '400ms', 'inter-token': '50ms' },
    { latency: 4, ttft: 0.4, 'inter-token': 0.05 },
  ),
  'tf-serving': onPods(tfServingPage, { latency: '219ms' }, { latency: 0.218_591 }),
  torchserve: onPods(torchservePage),
  triton: onPods(tritonPage, { 'first-response': '500ms' }, { 'first-response': 0.5 }),
  vllm: onPods(
    vllmPage,
    { latency: '2s', ttft: '250ms', 'inter-token': '100ms' },
    { latency: 2, ttft: 0.25, 'inter-token': 0.1 },
  ),
};

const BEFORE: Arms = {
  canary: { requests: 20, failures: 0, slow: 0 },
  stable: { requests: 1_000, failures: 0, slow: 0 },
};
const AFTER: Arms = {
  canary: { requests: 120, failures: 60, slow: 70 },
  stable: { requests: 1_900, failures: 2, slow: 36 },
};

/** Names of pages with the name of the template before them, since each has pages of its own. */
const pagesOf = (name: string, arms: Arms): [string, string][] =>
  Object.entries(TRIALS[name]?.pages(arms) ?? {}).map(([page, text]) => [`${name}/${page}`, text]);

function publish(name: string, arms: Arms): void {
  for (const [page, text] of pagesOf(name, arms)) server.publish(page, text);
}

/** A namespace for the pods of each template, since several servers have metrics of the same name. */
const namespaceOf = (name: string): string => `ml-${name}`;
const onRouters = (name: string): boolean => 'router' in (TRIALS[name]?.pages(BEFORE) ?? {});
const queriesFor = (name: string, metrics: readonly Metric[]) =>
  queriesOf(metrics, onRouters(name) ? NAMES : { ...NAMES, namespace: namespaceOf(name) });

/** The labels that Prometheus gives to what it scrapes there. */
function labelsOf(page: string): Readonly<Record<string, string>> {
  const [name = '', pod = ''] = page.split('/');
  return pod === 'router' ? { router: name } : { namespace: namespaceOf(name), pod };
}

beforeAll(async () => {
  const pages = Object.keys(TRIALS).flatMap((name) => pagesOf(name, BEFORE).map(([page]) => page));
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

function templateOf(name: string): AnalysisTemplate {
  const file = new URL(`../../../analysis-templates/${name}.yaml`, import.meta.url);
  return parse(readFileSync(file, 'utf8')) as AnalysisTemplate;
}

function metricsOf(name: string, bounds: Trial['bounds']): readonly Metric[] {
  const given = Object.entries(bounds).map(([metric, max]) => ({ name: metric, max }));
  const found = resolveMetrics([TemplateRef.parse({ name })], LIBRARY_TEMPLATES, given);
  if ('problem' in found) throw new Error(found.problem.message);
  return found.metrics;
}

const read = async (name: string, metrics: readonly Metric[], at: number, from: MetricSource = source) =>
  Promise.all(
    queriesFor(name, metrics).map(async (query) => ({
      ...query,
      sample: await from.sample(query.promql, at),
    })),
  );

/** Waits until the source has the counts of both versions for every query that counts, and gives a time at which it does. */
async function scraped(
  name: string,
  metrics: readonly Metric[],
  { canary, stable }: Arms,
  from: MetricSource = source,
): Promise<number> {
  const wanted = { canary: canary.requests, stable: stable.requests };
  return until('the counts are scraped', async () => {
    const now = Date.now();
    for (const { metric, arm, part, sample } of await read(name, metrics, now, from)) {
      if (part !== 'requests' && part !== 'buckets' && part !== 'query') continue;
      if (sample.kind !== 'vector') return null;
      if (part === 'query') {
        if (metric === 'gpu-errors' && sample.series[0]?.value !== Math.sign(canary.failures)) return null;
        continue;
      }
      const all = sample.series.filter(({ labels }) => part === 'requests' || labels['le'] === '+Inf');
      if (all.reduce((sum, { value }) => sum + value, 0) !== wanted[arm]) return null;
    }
    return now;
  });
}

/** Each query with one letter too many in the name of a metric or of a label that is asked for, one after the other. */
function typos(promql: string): string[] {
  const named = /[a-zA-Z_:][a-zA-Z0-9_:]*(?=\s*\{)|[a-zA-Z_][a-zA-Z0-9_]*(?==~?"(?!\.[*+]"))/g;
  return [...promql.matchAll(named)]
    .filter(([name]) => name !== '__name__')
    .map(({ 0: name, index }) => `${promql.slice(0, index)}${name}x${promql.slice(index + name.length)}`);
}

/** What each kind of metric must say of AFTER. */
function expectation(metric: Metric, { edges }: Trial): object {
  if (metric.errors !== undefined)
    return { verdict: 'fail', canary: { events: 100, bad: 60 }, stable: { events: 900, bad: 2 } };
  if (metric.latency !== undefined) {
    const counted = { canary: { events: 100, over: 70 }, stable: { events: 900, bad: 36 } };
    const figures = metric.latency.explainedBy?.map(({ name }) => ({ name }));
    const known = figures === undefined ? {} : { explained: { figures } };
    return { verdict: 'fail', ...counted, ...known, edge: edges[metric.name] };
  }
  if (metric.drift !== undefined) return { canary: { events: 100 }, stable: { events: 900 } };
  return { verdict: metric.name === 'gpu-errors' ? 'fail' : 'pass' };
}

/** Judges AFTER against BEFORE, both as the source has them. */
async function judged(name: string, metrics: readonly Metric[], from: MetricSource) {
  publish(name, BEFORE);
  const start = await scraped(name, metrics, BEFORE, from);
  const probes = await read(name, metrics, start, from);
  publish(name, AFTER);
  const end = await scraped(name, metrics, AFTER, from);
  const samples = probes.map(
    async ({ sample, ...query }): Promise<ArmSamples> => ({
      ...query,
      start: sample,
      end: await from.sample(query.promql, end),
    }),
  );
  const window = { start, end, samples: await Promise.all(samples) };
  const states = metrics.map(
    (metric): MetricState => judgeMetric(metric, analysis, undefined, window, { metrics: 2 }),
  );
  return { probes, states };
}

/** The pods of a trial, whose pages are where Prometheus scrapes them, too. */
function podsOf(name: string): KubeObject[] {
  return pagesOf(name, BEFORE).map(([page]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: page.slice(name.length + 1),
      namespace: namespaceOf(name),
      annotations: { 'prometheus.io/port': String(server.pagesPort), 'prometheus.io/path': page },
    },
    status: { phase: 'Running', podIP: '127.0.0.1' },
  }));
}

const byPods = Object.entries(TRIALS).filter(([name]) => !onRouters(name));

describe.each(byPods)('the template %s without Prometheus', (name, trial) => {
  it('finds the same by scraping the pods', async () => {
    const scraper = createPodScraper({
      pods: async () => podsOf(name),
      clock: systemClock,
      everyMs: 50,
      targets: createTargets(['127.0.0.0/8']),
    });
    const metrics = metricsOf(name, trial.bounds);
    const { probes, states } = await judged(name, metrics, scraper);
    scraper.stop();
    expect(preflightQueries(metrics, probes)).toBeNull();
    expect(states).toMatchObject(
      metrics.map((metric) => ({ name: metric.name, ...expectation(metric, trial) })),
    );
  });
});

it('tries every template of the library', () => {
  const files = readdirSync(new URL('../../../analysis-templates/', import.meta.url));
  const library = files
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => file.replace('.yaml', ''));
  expect(library.toSorted()).toEqual(Object.keys(TRIALS).toSorted());
});

describe.each(Object.entries(TRIALS))('the template %s on a real Prometheus', (name, trial) => {
  it('finds a bad canary by counts that are exact', async () => {
    const metrics = metricsOf(name, trial.bounds);
    const { probes, states } = await judged(name, metrics, source);
    expect(preflightQueries(metrics, probes)).toBeNull();
    expect(states).toMatchObject(
      metrics.map((metric) => ({ name: metric.name, ...expectation(metric, trial) })),
    );
    expect(states.filter(({ verdict }) => verdict === 'noData' || verdict === 'providerError')).toEqual([]);
  });

  it('would give other counts with a typo in any name or label', async () => {
    const metrics = metricsOf(name, trial.bounds);
    publish(name, AFTER);
    const end = await scraped(name, metrics, AFTER);
    // In pages with a GPU error, the series for its absence is not used.
    const queries = queriesFor(name, metrics).filter(
      ({ arm, metric }) => arm === 'canary' && metric !== 'gpu-errors',
    );
    for (const { promql } of queries) {
      const right = await source.sample(promql, end);
      expect(typos(promql).length).toBeGreaterThan(1);
      for (const typo of typos(promql))
        expect([typo, await source.sample(typo, end)]).not.toEqual([typo, right]);
    }
  });

  it('says what it needs of the server', () => {
    expect(templateOf(name).spec.description?.length).toBeGreaterThan(100);
  });
});

describe('a bound that no bucket has', () => {
  it.each(['istio', 'http-generic', 'envoy'])(
    'is said before the release, with the edges (%s)',
    async (name) => {
      const metrics = metricsOf(name, { latency: '700ms' });
      publish(name, BEFORE);
      const probes = await read(name, metrics, Date.now());
      expect(preflightQueries(metrics, probes)).toMatchObject({
        reason: 'NoBucketEdge',
        message: expect.stringContaining('300ms'),
      });
    },
  );
});
