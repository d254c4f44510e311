import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { metricSourceConformance } from '../../../test/conformance/metric-source.ts';
import type { KubeObject } from '../../api/meta.ts';
import { systemClock } from '../../clock.ts';
import { createTargets } from '../../http/outgoing/targets.ts';
import { createPodScraper, type PodScraper, type ScrapeOptions } from './source.ts';

type Answer = (response: ServerResponse) => void;
const servers: Server[] = [];
const scrapers: PodScraper[] = [];

afterEach(() => {
  for (const scraper of scrapers.splice(0)) scraper.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A pod on loopback whose page is what `answer` sends. */
async function pod(name: string, answer: Answer | string): Promise<KubeObject> {
  const send = typeof answer === 'string' ? (response: ServerResponse) => void response.end(answer) : answer;
  const server = createServer((_, response) => send(response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = String((server.address() as AddressInfo).port);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ml', annotations: { 'prometheus.io/port': port } },
    status: { phase: 'Running', podIP: '127.0.0.1' },
  };
}

function scraperOf(
  pods: readonly KubeObject[] | ScrapeOptions['pods'],
  options: Partial<ScrapeOptions> = {},
): PodScraper {
  const list = typeof pods === 'function' ? pods : async () => pods;
  const targets = createTargets(['127.0.0.0/8', '::1']);
  const defaults = { clock: systemClock, everyMs: 60_000, timeoutMs: 10_000, targets };
  const scraper = createPodScraper({ ...defaults, pods: list, ...options });
  scrapers.push(scraper);
  return scraper;
}

const QUERY = 'up_total{namespace="ml",pod=~"r-[0-9]"}';
const ask = async (answer: Answer | string, options: Partial<ScrapeOptions> = {}) =>
  scraperOf([await pod('r-1', answer)], options).sample(QUERY, Date.now());
const send =
  (status: number, headers: Record<string, string>, body: string): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body);

metricSourceConformance('pods that are scraped', async () => {
  const pods = await Promise.all([
    pod('a', '# TYPE conformance_total counter\nconformance_total 7\nconformance_gauge NaN\n'),
    pod('b', 'conformance_total 11'),
  ]);
  return { source: scraperOf(pods), atMs: Date.now(), scope: 'namespace="ml"' };
});

describe('createPodScraper', () => {
  it('lets no namespace wait for the pods of another', async () => {
    const hung = await Promise.all(
      Array.from({ length: 40 }, (_, index) => pod(`r-${index % 10}`, () => {})),
    );
    const well = await pod('r-1', 'up_total 3\n');
    const scraper = scraperOf(async (namespace) => (namespace === 'slow' ? hung : [well]));
    const waiting = scraper.sample('up_total{namespace="slow"}', Date.now());
    expect(await scraper.sample(QUERY, Date.now())).toMatchObject({ kind: 'vector' });
    expect(await Promise.race([waiting, Promise.resolve('still waits')])).toBe('still waits');
  });

  it('scrapes again after a round that failed', async () => {
    const good = await pod('r-1', 'up_total 3\n');
    const answers: KubeObject[][] = [[undefined as unknown as KubeObject], [good]];
    const scraper = scraperOf(async () => answers.shift() ?? []);
    const first = await scraper.sample(QUERY, Date.now());
    expect(first).toMatchObject({ kind: 'providerError', message: 'the pods could not be scraped' });
    expect(await scraper.sample(QUERY, Date.now())).toMatchObject({ kind: 'vector' });
  });

  it('puts the pod in the place of labels of that name, as Prometheus does', async () => {
    const sample = await ask('up_total{pod="x",namespace="y",a="b"} 3\nother_total 4\n');
    const labels = { __name__: 'up_total', namespace: 'ml', pod: 'r-1', a: 'b' };
    expect(sample).toEqual({
      kind: 'vector',
      series: [{ labels: { ...labels, exported_pod: 'x', exported_namespace: 'y' }, value: 3 }],
    });
  });

  it.each([
    ['an error', send(500, {}, 'no'), 'answered HTTP 500'],
    ['a redirect', send(302, { location: 'http://sso.example' }, ''), 'redirects, which is not followed'],
    [
      'a page for people',
      send(200, { 'content-type': 'text/html' }, '<html>'),
      'text/html instead of metrics',
    ],
    ['something else', 'up_total 1\nOK?', 'a line 2 that is not in the text format'],
    ['a line without end', 'x'.repeat(100_000), 'a line without end'],
    ['a huge page', 'other_total 1\n'.repeat(100_000), 'more than 1 MiB'],
    ['nothing', () => undefined, 'did not answer in time'],
    ['a closed connection', (response: ServerResponse) => void response.destroy(), 'closed the connection'],
    ['a packed page', send(200, { 'content-encoding': 'gzip' }, 'x'), 'packs its page'],
  ])('says which pod answers with %s', async (_, answer, reason) => {
    const timeoutMs = reason === 'did not answer in time' ? 300 : 10_000;
    const sample = await ask(answer, { maxBytes: 1024 * 1024, timeoutMs });
    expect(sample.kind).toBe('providerError');
    expect(sample.kind === 'providerError' && sample.message).toMatch(/^pod r-1: /);
    expect(sample.kind === 'providerError' && sample.message).toContain(reason);
  });

  it('refuses more series than any version has', async () => {
    const lines = Array.from({ length: 20_001 }, (_, index) => `up_total{a="${index}"} 1`);
    expect(await ask(lines.join('\n'))).toMatchObject({
      kind: 'providerError',
      message: expect.stringContaining('gives more than 20000 series'),
    });
  });

  it.each([
    ['no pod runs', [], 'noData', 'no pod that runs fits the query'],
    [
      'the pods are not known',
      () => Promise.reject(new Error('pods is forbidden')),
      'providerError',
      'pods is forbidden',
    ],
  ] as const)('says that %s', async (_, pods, kind, reason) => {
    const sample = await scraperOf(pods).sample(QUERY, Date.now());
    expect(sample).toMatchObject({ kind, message: expect.stringContaining(reason) });
  });

  it('counts a line once that a page has twice', async () => {
    const sample = await ask('up_total{a="b"} 3\nup_total{a="b"} 3\n');
    expect(sample.kind === 'vector' && sample.series).toHaveLength(1);
  });

  it('continues with the pods that answer', async () => {
    const pods = [
      await pod('r-1', 'up_total 1'),
      await pod('r-2', send(503, {}, '')),
      await pod('s-1', 'up_total 9'),
    ];
    const sample = await scraperOf(pods).sample(QUERY, Date.now());
    expect(sample.kind === 'vector' && sample.series.map(({ value }) => value)).toEqual([1]);
  });

  it('asks for the namespace, and refuses what only Prometheus can answer', async () => {
    const scraper = scraperOf([]);
    expect(await scraper.sample('up_total{pod="a"}', Date.now())).toMatchObject({
      message: expect.stringContaining('write namespace="{{namespace}}"'),
    });
    expect(await scraper.sample('max(up_total{namespace="ml"})', Date.now())).toMatchObject({
      kind: 'providerError',
      message: expect.stringContaining('a query may only be name{label="value"}'),
    });
  });

  it('reads a page once for all queries that come together', async () => {
    let reads = 0;
    const counting: Answer = (response) => {
      reads++;
      response.end('up_total 1\nfailed_total 2\n');
    };
    const scraper = scraperOf([await pod('r-1', counting)]);
    const now = Date.now();
    const samples = await Promise.all([
      scraper.sample(QUERY, now),
      scraper.sample('failed_total{namespace="ml",pod="r-1"}', now),
    ]);
    expect(samples.map(({ kind }) => kind)).toEqual(['vector', 'vector']);
    expect(reads).toBe(1);
  });

  it('gives the end of a window again as the start of the next one, though the counters continue', async () => {
    let count = 0;
    const counting: Answer = (response) => void response.end(`up_total ${++count}\n`);
    const scraper = scraperOf([await pod('r-1', counting)], { everyMs: 30 });
    const valueAt = async (at: number): Promise<number | string> => {
      const sample = await scraper.sample(QUERY, at);
      return sample.kind === 'vector' ? (sample.series[0]?.value ?? 'none') : sample.kind;
    };
    const end = Date.now();
    expect(await valueAt(end - 60_000)).toBe('noData');
    const first = await valueAt(end);
    await vi.waitFor(async () => expect(await valueAt(Date.now())).not.toBe(first));
    expect(await valueAt(end)).toBe(first);
  });
});
