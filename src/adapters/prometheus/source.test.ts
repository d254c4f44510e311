import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { metricSourceConformance } from '../../../test/conformance/metric-source.ts';
import { createPrometheus, type PrometheusOptions } from './source.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answer = (query: URLSearchParams, response: ServerResponse) => void;

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** A server on loopback with given answers; its URL, and the queries that it got. */
async function serve(answer: Answer): Promise<{ url: string; queries: string[]; paths: string[] }> {
  const [queries, paths]: [string[], string[]] = [[], []];
  const server = createServer((request, response) => {
    void bodyOf(request).then((query) => {
      queries.push(query.get('query') ?? '');
      paths.push(request.url ?? '');
      answer(query, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, queries, paths };
}

/** A server on loopback that refuses everybody and records what it was sent. */
async function serveHeaders(show: (headers: IncomingHttpHeaders) => void): Promise<string> {
  const server = createServer((request, response) => {
    show(request.headers);
    response.writeHead(401).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clock = { monotonic: () => performance.now() };
const sourceAt = (url: string, options: Partial<PrometheusOptions> = {}) =>
  createPrometheus({ urls: [url], clock, timeoutMs: 10_000, ...options });

const json =
  (status: number, body: unknown): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
const data = (resultType: string, result: unknown): Answer =>
  json(200, { status: 'success', data: { resultType, result } });
const vector = (...result: unknown[]): Answer => data('vector', result);
const one = (value: string) => ({ metric: { __name__: 'up', pod: 'a' }, value: [1_700_000_000, value] });

const AT = 1_700_000_000_000;
const KNOWN = [
  { metric: { __name__: 'conformance_total', pod: 'a' }, value: [AT / 1_000, '7'] },
  { metric: { __name__: 'conformance_total', pod: 'b' }, value: [AT / 1_000, '11'] },
];

/** As much of Prometheus as the conformance suite needs. */
const prometheus: Answer = (query, response) => {
  const promql = query.get('query') ?? '';
  const refuse = json(400, { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end' });
  if (promql.startsWith('conformance_gauge'))
    return vector({ metric: {}, value: [1, 'NaN'] })(query, response);
  if (promql === '42') return data('scalar', [1, '42'])(query, response);
  if (promql.endsWith(']')) return data('matrix', [{ metric: {}, values: [[1, '1']] }])(query, response);
  if (promql.endsWith('{') || promql.endsWith('(')) return refuse(query, response);
  if (query.get('time') !== (AT / 1_000).toFixed(3) || promql.includes('"c"'))
    return vector()(query, response);
  return vector(...KNOWN)(query, response);
};

metricSourceConformance('Prometheus behind a fake server', async () => {
  const { url } = await serve(prometheus);
  return { source: sourceAt(url), atMs: AT };
});

const text =
  (status: number, headers: Record<string, string>, body: string): Answer =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

const by = (namespace: string, name: string, signal?: AbortSignal) => ({ namespace, name, signal });
/** Hangs on queries with `slow` in them. */
const hangsOnSlow: Answer = (query, response) => {
  if (!(query.get('query') ?? '').startsWith('slow')) vector(one('1'))(query, response);
};

describe('createPrometheus', () => {
  it.each([
    ['NaN', vector(one('NaN')), 'notANumber', 'up{pod="a"} has the value NaN'],
    ['infinity', vector(one('+Inf')), 'notANumber', 'Infinity'],
    ['no series', vector(), 'noData', 'no series'],
    ['a string', data('string', [1, 'x']), 'providerError', 'the query gives a string'],
    ['a range', data('matrix', []), 'providerError', 'take the range in brackets away'],
    ['a broken vector', vector({ metric: 7 }), 'providerError', 'not an instant vector'],
    ['JSON of something else', json(200, { status: 'green' }), 'providerError', 'not of the query API'],
    [
      'a warning',
      json(200, { status: 'success', data: { resultType: 'vector', result: [] }, warnings: ['store down'] }),
      'providerError',
      'incomplete: store down',
    ],
    [
      'a part of an answer',
      json(200, { status: 'success', isPartial: true, data: { resultType: 'vector', result: [one('1')] } }),
      'providerError',
      'the answer is partial',
    ],
    [
      'a refused query',
      json(422, { status: 'error', errorType: 'execution', error: 'query timed out' }),
      'providerError',
      'refuses the query (execution): query timed out',
    ],
    [
      'a page',
      text(200, { 'content-type': 'text/html' }, '<html>'),
      'providerError',
      'text/html instead of JSON',
    ],
    [
      'a redirect',
      text(302, { location: 'http://sso.example/' }, ''),
      'providerError',
      'redirects to http://sso',
    ],
    [
      'no credentials',
      text(401, {}, 'no'),
      'providerError',
      'HTTP 401: the credentials are missing or wrong',
    ],
    ['a wrong path', text(404, {}, 'no'), 'providerError', 'HTTP 404: check the URL'],
    ['an error of a proxy', text(503, {}, 'no'), 'providerError', 'HTTP 503'],
    ['a huge answer', text(200, {}, 'x'.repeat(3 * 1024 * 1024)), 'providerError', 'more than 1 MiB'],
    ['no answer', () => undefined, 'providerError', 'did not answer in time'],
    [
      'a closed connection',
      (_: unknown, response: ServerResponse) => void response.destroy(),
      'providerError',
      'closed',
    ],
  ] as const)('turns %s into a sample that says so', async (_, answer, kind, message) => {
    const { url } = await serve(answer);
    const timeoutMs = message === 'did not answer in time' ? 300 : 10_000;
    const sample = await sourceAt(url, { maxBytes: 1024 * 1024, timeoutMs }).sample('up', AT);
    expect(sample.kind).toBe(kind);
    expect(sample.kind !== 'vector' && sample.message).toContain(message);
  });

  it('refuses more series than any version has', async () => {
    const { url } = await serve(vector(...Array.from({ length: 20_001 }, () => one('1'))));
    expect(await sourceAt(url).sample('up', AT)).toMatchObject({
      kind: 'providerError',
      message: 'the query gives 20001 series, at most 20000 are read: select the pods of one version',
    });
  });

  it('reads native histograms bucket by bucket', async () => {
    const histogram = [
      1,
      {
        count: '5',
        sum: '1',
        buckets: [
          [0, '0.25', '0.5', '3'],
          [0, '0.5', '1', '2'],
        ],
      },
    ];
    const { url } = await serve(vector({ metric: { pod: 'a' }, histogram }));
    expect(await sourceAt(url).sample('h', AT)).toEqual({
      kind: 'vector',
      series: [
        { labels: { pod: 'a', __upper__: '0.5' }, value: 3 },
        { labels: { pod: 'a', __upper__: '1' }, value: 2 },
        { labels: { pod: 'a', le: '+Inf' }, value: 5 },
      ],
    });
  });

  it('asks once for equal queries, under way and later', async () => {
    const { url, queries } = await serve(vector(one('1')));
    const source = sourceAt(url);
    await Promise.all([source.sample('up', AT), source.sample('up', AT), source.sample('up', AT + 1)]);
    await source.sample('up', AT);
    expect(queries).toHaveLength(2);
  });

  it('asks again where there was no data', async () => {
    const { url, queries } = await serve(vector());
    const source = sourceAt(url);
    await source.sample('up', AT);
    await source.sample('up', AT);
    expect(queries).toHaveLength(2);
  });

  it('keeps the path prefix of the URL', async () => {
    const { url, paths } = await serve(vector(one('1')));
    await sourceAt(`${url}/prometheus/`).sample('up', AT);
    expect(paths).toEqual(['/prometheus/api/v1/query']);
  });

  it('tries the next endpoint, and leaves a failing one alone', async () => {
    const down = await serve(text(503, {}, ''));
    const well = await serve(vector(one('1')));
    const source = createPrometheus({
      urls: [down.url, well.url],
      clock: { monotonic: () => 0 },
      shares: { most: 1, perNamespace: 1, perOwner: 1 },
    });
    const samples = await Promise.all(
      Array.from({ length: 8 }, (_, index) => source.sample('up', AT + index)),
    );
    expect(samples.every(({ kind }) => kind === 'vector')).toBe(true);
    expect(down.queries).toHaveLength(5);
  });

  it('tries a failing endpoint again after a rest', async () => {
    let now = 0;
    let answer = text(503, {}, '');
    const { url, queries } = await serve((query, response) => answer(query, response));
    const source = createPrometheus({ urls: [url], clock: { monotonic: () => now } });
    for (let index = 0; index < 5; index++) await source.sample('up', AT + index);
    const refused = await source.sample('up', AT + 6);
    expect(refused.kind === 'providerError' && refused.message).toContain(
      'keeps failing; next try in 10 s (answered HTTP 503)',
    );
    expect(queries).toHaveLength(5);
    now = 10_001;
    answer = vector(one('1'));
    expect(await source.sample('up', AT + 7)).toMatchObject({ kind: 'vector' });
    expect(await source.sample('up', AT + 8)).toMatchObject({ kind: 'vector' });
  });

  describe('asked by several namespaces', () => {
    it('lets the slow queries of one keep no answer from another', async () => {
      const { url } = await serve(hangsOnSlow);
      const source = sourceAt(url);
      const slow = Array.from({ length: 40 }, (_, index) =>
        source.sample(`slow${index}`, AT, by('greedy', `model-${index % 10}`)),
      );
      expect(await source.sample('up', AT, by('shop', 'model'))).toMatchObject({ kind: 'vector' });
      expect(await Promise.race([...slow, Promise.resolve('all wait')])).toBe('all wait');
    });

    it('leaves an endpoint alone for those only whose queries fail', async () => {
      const { url } = await serve(hangsOnSlow);
      const source = sourceAt(url, { timeoutMs: 50 });
      for (let index = 0; index < 5; index += 1)
        await source.sample(`slow${index}`, AT, by('greedy', 'model'));
      const refused = await source.sample('up', AT, by('greedy', 'model'));
      expect(refused).toMatchObject({ message: expect.stringContaining('keeps failing') });
      expect(await source.sample('up', AT, by('shop', 'model'))).toMatchObject({ kind: 'vector' });
    });

    it('does not send what nobody waits for any more', async () => {
      const { url, queries } = await serve(hangsOnSlow);
      const source = sourceAt(url, { shares: { most: 1, perNamespace: 1, perOwner: 1 } });
      const gone = new AbortController();
      const first = source.sample('slow', AT, by('shop', 'model', gone.signal));
      const left = source.sample('left', AT, by('shop', 'model', gone.signal));
      const shared = source.sample('shared', AT, by('shop', 'model', gone.signal));
      const wanted = source.sample('shared', AT, by('shop', 'other'));
      gone.abort(new Error('gone'));
      expect(await wanted).toMatchObject({ kind: 'vector' });
      expect(await Promise.all([first, left])).toEqual([
        { kind: 'providerError', message: 'gone' },
        { kind: 'providerError', message: 'gone' },
      ]);
      expect(await shared).toMatchObject({ kind: 'vector' });
      expect(queries).not.toContain('left');
    });
  });

  it('does not show credentials of the URL', async () => {
    const { url } = await serve(text(503, {}, ''));
    const secret = url.replace('http://', 'http://user:hunter2@');
    const sample = await sourceAt(secret).sample('up', AT);
    expect(JSON.stringify(sample)).not.toContain('hunter2');
  });

  it('does not show where a login page would lead to, beyond its address', async () => {
    const { url } = await serve(text(302, { location: 'https://sso.example/in?state=hunter2#x' }, ''));
    const sample = await sourceAt(url).sample('up', AT);
    expect(sample.kind === 'providerError' && sample.message).toContain(
      'redirects to https://sso.example/in,',
    );
    expect(JSON.stringify(sample)).not.toContain('hunter2');
  });

  it('sends its tenant and its token to every endpoint, and never says them', async () => {
    const seen: unknown[] = [];
    const tell = await serveHeaders((headers) =>
      seen.push([headers['x-scope-orgid'], headers.authorization]),
    );
    const options = { tenant: 'team-a', bearerToken: 'hunter2', clock };
    const sample = await createPrometheus({ urls: [tell, tell], ...options }).sample('up', AT);
    expect(seen).toEqual(Array.from({ length: 2 }, () => ['team-a', 'Bearer hunter2']));
    expect(sample.kind === 'providerError' && sample.message).toContain(
      'the credentials are missing or wrong',
    );
    expect(JSON.stringify(sample)).not.toContain('hunter2');
  });

  it('names a server that is not there', async () => {
    const sample = await sourceAt('http://127.0.0.1:1').sample('up', AT);
    expect(sample.kind === 'providerError' && sample.message).toContain('refuses the connection');
  });

  it('reads a span of the past', async () => {
    const asked: URLSearchParams[] = [];
    const matrix = data('matrix', [
      {
        metric: { pod: 'a' },
        values: [
          [AT / 1_000, '7'],
          [AT / 1_000 + 60, '9'],
        ],
      },
    ]);
    const { url, paths } = await serve((query, response) => {
      asked.push(query);
      matrix(query, response);
    });
    const past = await sourceAt(`${url}/prefix/`).past?.('up', { startMs: AT, stepMs: 30_000, count: 3 });
    expect(past).toEqual({ kind: 'series', series: [{ labels: { pod: 'a' }, values: [7, undefined, 9] }] });
    expect(paths).toEqual(['/prefix/api/v1/query_range']);
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      query: 'up',
      start: '1700000000.000',
      end: '1700000060.000',
      step: '30.000',
    });
  });

  it.each([
    [
      'a refused query',
      json(400, { status: 'error', errorType: 'bad_data', error: 'parse error' }),
      'parse error',
    ],
    ['a page in between', text(200, { 'content-type': 'text/html' }, '<html>'), 'instead of JSON'],
    ['a server that is down', json(503, {}), 'HTTP 503'],
  ])('says why there is no past: %s', async (_what, answer, message) => {
    const { url } = await serve(answer);
    const past = await sourceAt(url).past?.('up', { startMs: AT, stepMs: 30_000, count: 3 });
    expect(past).toMatchObject({ kind: 'providerError', message: expect.stringContaining(message) });
  });
});
