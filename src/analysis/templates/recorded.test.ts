import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LIBRARY_TEMPLATES, RECORDED, recordedPage } from '../../../test/fixtures/exposition/recorded.ts';
import { TemplateRef } from '../../api/analysis/template-ref.ts';
import { partText, queriesOf } from './query.ts';
import { resolveMetrics } from './resolve.ts';

const PAGES = new URL('../../../test/fixtures/exposition/recorded/', import.meta.url);
const canary = { replicaSet: 'ranker-abc', hash: 'abc' };
const names = { namespace: 'ml', workload: 'ranker', service: 'ranker', canary, stable: canary };

/** What each query of a template counts on a page; of a histogram, its requests; null: it has no series. */
function countsOf(page: string, template: string): Record<string, number | null> {
  const found = resolveMetrics([TemplateRef.parse({ name: template })], LIBRARY_TEMPLATES, []);
  if ('problem' in found) throw new Error(found.problem.message);
  const ask = recordedPage(page);
  const queries = queriesOf(found.metrics, names).filter(({ arm }) => arm === 'canary');
  return Object.fromEntries(
    queries.map((query) => {
      const { metric, part, promql } = query;
      const sample = ask(promql);
      const series = sample.kind === 'vector' ? sample.series : [];
      const counted = series.filter(({ labels }) => part !== 'buckets' || labels['le'] === '+Inf');
      const sum = counted.reduce((all, { value }) => all + value, 0);
      return [`${metric} ${partText(query)}`, counted.length === 0 ? null : sum];
    }),
  );
}

/** Requests, failures, and requests in the histogram of the metric latency; null: no series. */
type Counts = readonly [requests: number | null, failures: number | null, latency: number | null];

describe('the counts on pages of running servers', () => {
  // The traffic of each: requests that succeed, fail, are refused (4xx), are slow, and probes and scrapes, which must not count.
  it.each<[page: string, template: string, Counts]>([
    ['bentoml-1.4.40', 'bentoml', [74, 16, 74]],
    ['envoy-1.40.0-istio-1.32-tags', 'envoy', [64, 13, 61]],
    ['envoy-1.40.0-istio-1.16-to-1.22-tags', 'envoy', [64, 13, 61]],
    ['envoy-1.40.0-istio-before-1.16-tags', 'envoy', [64, 13, 61]],
    ['fastapi-instrumentator-8.1.0', 'http-generic', [64, 10, 64]],
    ['fastapi-instrumentator-8.1.0-exact-status', 'http-generic', [64, 10, 64]],
    ['flask-exporter-0.23.2', 'http-flask', [64, 10, 64]],
    ['go-promhttp-client_golang-1.25.0', 'http-go', [63, 10, 63]],
    ['starlette-exporter-0.24.0', 'http-starlette', [61, 10, 61]],
    ['express-prom-bundle-8.0.0', 'http-node', [63, 10, 63]],
    ['express-prom-bundle-8.0.0-defaults', 'http-node', [63, 10, 63]],
    ['fastify-metrics-13.2.1', 'http-node', [60, 10, 60]],
    ['kserve-0.21.0', 'kserve', [null, null, 66]],
    ['litellm-1.108.7', 'litellm', [36, 6, 23]],
    ['mlserver-1.7.1-no-workers', 'mlserver', [66, 10, 66]],
    ['mlserver-1.7.1-workers1', 'mlserver', [66, 10, 66]],
    ['ray-serve-2.60.0', 'ray-serve', [159, 35, 159]],
    ['torchserve-0.12.0', 'torchserve', [68, 17, null]],
    ['triton-2.51.0', 'triton', [65, 10, null]],
    ['triton-2.51.0-histograms', 'triton', [105, 20, null]],
    ['vllm-0.32.0-cpu', 'vllm', [44, 0, 28]],
    ['vllm-0.32.0-cpu-work', 'vllm', [27, 0, 24]],
    // Not what the template is for: nothing is counted, rather than something wrong.
    ['envoy-1.40.0-default-tags', 'envoy', [null, null, null]],
  ])('%s by %s', (page, template, [requests, failures, latency]) => {
    const counts = countsOf(page, template);
    const all = [counts['errors requests'], counts['errors failures'], counts['latency buckets']];
    expect(all.map((count) => count ?? null)).toEqual([requests, failures === 0 ? null : failures, latency]);
  });

  it('have the work of a server for language models', () => {
    // Twelve long prompts that begin alike, eight short ones, and four streamed chats; nothing is in flight at the end.
    expect(countsOf('vllm-0.32.0-cpu-work', 'vllm')).toMatchObject({
      'ttft buckets': 24,
      'ttft cache hit rate: sum': 1_920,
      'ttft cache hit rate: per': 2_934,
      'ttft prompt length: sum': 2_934,
      'ttft requests in flight: gauge': 0,
      'latency answer length: sum': 352,
    });
  });

  it('have nowhere the time to the first token by length of the prompt', () => {
    const page = readFileSync(new URL('vllm-0.32.0-cpu-work.txt', PAGES), 'utf8');
    const labels = page
      .split('\n')
      .filter((line) => line.startsWith('vllm:time_to_first_token_seconds_bucket'));
    expect(labels.map((line) => line.replace(/le="[^"]*"/, 'le').replace(/ .*/, ''))).toEqual(
      labels.map(() => 'vllm:time_to_first_token_seconds_bucket{engine="0",le,model_name="tiny"}'),
    );
  });

  it('are known of every page', () => {
    const tried = readFileSync(new URL(import.meta.url), 'utf8');
    expect(RECORDED.filter((page) => !tried.includes(`['${page}',`))).toEqual([]);
  });
});
