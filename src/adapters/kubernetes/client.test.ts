import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { systemClock } from '../../clock.ts';
import { createKubeClient, type KubeClient } from './client.ts';
import { type Connection, connectTo } from './connection.ts';
import { RESOURCES } from './resource.ts';
import type { ClientOptions } from './sender.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>;

interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** A client of an API server with scripted answers. */
async function setUp(handler: Handler, given: Partial<ClientOptions> = {}, wrap = (c: Connection) => c) {
  const seen: Seen[] = [];
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    sockets.add(request.socket);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      void handler(request, response, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = wrap(connectTo(`http://127.0.0.1:${port}/`, { token: 'secret' }));
  opened.push(async () => {
    await connection.close();
    server.closeAllConnections();
    server.close();
  });
  const observed: string[] = [];
  const client = createKubeClient(connection, {
    userAgent: 'sluice/1.2.3',
    timeoutMs: 5_000,
    concurrency: 4,
    clock: systemClock,
    observe: (verb, resource, code, seconds) => {
      observed.push(`${verb} ${resource} ${code}`);
      expect(seconds).toBeGreaterThanOrEqual(0);
    },
    ...given,
  });
  return { client, seen, sockets, observed };
}

const answer =
  (body: unknown, code = 200, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    void response
      .writeHead(code, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));

const object: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'ranker', namespace: 'shop', uid: 'u1', resourceVersion: '7' },
  spec: { unknown: { to: 'us' } },
};
const place = { namespace: 'shop', name: 'ranker' };
const base = '/apis/apps/v1/namespaces/shop/deployments';
const { Deployment, ClusterAnalysisTemplate } = RESOURCES;

describe('the client', () => {
  test.each<[string, (client: KubeClient) => Promise<unknown>, string, string | undefined]>([
    ['gets', (client) => client.get(Deployment, place), `GET ${base}/ranker`, undefined],
    ['creates', (client) => client.create(Deployment, object), `POST ${base}`, 'application/json'],
    ['replaces', (client) => client.replace(Deployment, object), `PUT ${base}/ranker`, 'application/json'],
    [
      'deletes',
      (client) => client.remove(Deployment, place, {}),
      `DELETE ${base}/ranker`,
      'application/json',
    ],
    [
      'patches by JSON patch',
      (client) => client.patch(Deployment, place, 'json', []),
      `PATCH ${base}/ranker`,
      'application/json-patch+json',
    ],
    [
      'patches a subresource',
      (client) => client.patch(Deployment, { ...place, subresource: 'status' }, 'merge', {}),
      `PATCH ${base}/ranker/status`,
      'application/merge-patch+json',
    ],
    [
      'applies',
      (client) => client.patch(Deployment, place, 'apply', {}, { fieldManager: 'sluice', force: true }),
      `PATCH ${base}/ranker?fieldManager=sluice&force=true`,
      'application/apply-patch+yaml',
    ],
    [
      'lists all namespaces',
      (client) => client.list(Deployment, undefined, { limit: 5, continue: undefined }),
      'GET /apis/apps/v1/deployments?limit=5',
      undefined,
    ],
    [
      'lists what has no namespace',
      (client) => client.list(ClusterAnalysisTemplate, 'shop'),
      'GET /apis/sluice.dev/v1alpha1/clusteranalysistemplates',
      undefined,
    ],
  ])('%s', async (_title, act, line, type) => {
    const { client, seen } = await setUp(answer(object));
    await act(client);
    expect(seen[0]?.line).toBe(line);
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer secret',
      'user-agent': 'sluice/1.2.3',
      accept: 'application/json',
    });
    expect(seen[0]?.headers['content-type']).toBe(type);
  });

  test('loses nothing of an object that it does not know', async () => {
    const { client, seen } = await setUp(answer(object));
    const got = await client.get(Deployment, place);
    expect(got).toEqual(object);
    if (got !== null) await client.replace(Deployment, got);
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual(object);
  });

  test('gets null where nothing is', async () => {
    const { client } = await setUp(answer({ kind: 'Status', message: 'not found' }, 404));
    expect(await client.get(Deployment, place)).toBeNull();
    await expect(client.list(Deployment, 'shop')).rejects.toMatchObject({ code: 'KUBERNETES_NOT_FOUND' });
  });

  test('says whether a deleted object stays for now', async () => {
    const gone = await setUp(answer({ kind: 'Status', status: 'Success' }));
    expect(await gone.client.remove(Deployment, place)).toBeNull();
    const stays = await setUp(answer(object));
    expect(await stays.client.remove(Deployment, place)).toEqual(object);
  });

  test('gives the items of a list their kind, and says where the next page begins', async () => {
    const items = [{ metadata: { name: 'a' } }];
    const list = { apiVersion: 'apps/v1', metadata: { resourceVersion: '9', continue: 'token' }, items };
    const { client } = await setUp(answer(list));
    expect(await client.list(Deployment, 'shop')).toEqual({
      items: [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } }],
      resourceVersion: '9',
      continue: 'token',
    });
    const last = await setUp(
      answer({ apiVersion: 'v1', metadata: { resourceVersion: '9', continue: '' }, items: null }),
    );
    expect(await last.client.list(Deployment, 'shop')).toEqual({
      items: [],
      resourceVersion: '9',
      continue: undefined,
    });
  });

  test('tells of each request, its code and its time', async () => {
    const { client, observed } = await setUp(answer(object));
    await client.get(Deployment, place);
    await client.patch(Deployment, place, 'json', []);
    expect(observed).toEqual(['get deployments 200', 'patch deployments 200']);
  });

  test('takes a Retry-After over', async () => {
    const { client } = await setUp(answer({ message: 'slow down' }, 429, { 'retry-after': '2' }));
    await expect(client.get(Deployment, place)).rejects.toMatchObject({
      code: 'KUBERNETES_UNAVAILABLE',
      message: 'get deployments/ranker: slow down',
      retry: { afterMs: 2_000 },
    });
  });

  test('gives a request up that is not answered in time', async () => {
    const { client, observed } = await setUp(() => {}, { timeoutMs: 50 });
    await expect(client.get(Deployment, place)).rejects.toMatchObject({ code: 'KUBERNETES_TIMEOUT' });
    expect(observed).toEqual(['get deployments 0']);
  });

  test('gives a request up whose answer does not end in time', async () => {
    const { client } = await setUp((_request, response) => void response.write('{'), { timeoutMs: 50 });
    await expect(client.get(Deployment, place)).rejects.toMatchObject({ code: 'KUBERNETES_TIMEOUT' });
  });

  test('says that the API server cannot be reached', async () => {
    const { client } = await setUp((_request, response) => void response.destroy());
    await expect(client.get(Deployment, place)).rejects.toMatchObject({
      code: 'KUBERNETES_UNAVAILABLE',
      retry: 'backoff',
    });
  });

  test('reads the credentials again, and tries once more, when they are refused', async () => {
    let refreshed = 0;
    const { client, seen } = await setUp(
      (request, response, body) => answer(object, refreshed === 0 ? 401 : 200)(request, response, body),
      {},
      (connection) => ({ ...connection, refresh: () => void (refreshed += 1) }),
    );
    expect(await client.get(Deployment, place)).toEqual(object);
    expect(seen).toHaveLength(2);
  });

  test('keeps its connections, and sends so many requests at once and no more', async () => {
    const waiting: (() => void)[] = [];
    const { client, seen, sockets } = await setUp((request, response, body) => {
      waiting.push(() => void answer(object)(request, response, body));
    });
    const requests = Array.from({ length: 30 }, () => client.get(Deployment, place));
    await expect.poll(() => waiting.length).toBe(4);
    for (let answered = 0; answered < 30; answered += 1) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0);
      expect(seen.length - answered).toBeLessThanOrEqual(4);
      waiting.shift()?.();
    }
    await Promise.all(requests);
    // An answer may be read before its connection counts as free: at most twice as many.
    expect(sockets.size).toBeLessThanOrEqual(8);
  });
});

const line = (version: number): string =>
  JSON.stringify({
    type: 'MODIFIED',
    object: { ...object, metadata: { name: 'ü', resourceVersion: `${version}` } },
  });

describe('a watch', () => {
  const stop = new AbortController();
  const options = { signal: stop.signal, idleMs: 5_000 };

  async function versions(client: KubeClient, given = options): Promise<(string | undefined)[]> {
    const found: (string | undefined)[] = [];
    for await (const { object: one } of client.watch(Deployment, 'shop', { resourceVersion: '5' }, given))
      found.push(one.metadata.resourceVersion);
    return found;
  }

  test('asks for what came after a version, and ends with the answer', async () => {
    const { client, seen, observed } = await setUp(
      (_request, response) => void response.end(`${line(6)}\n${line(7)}\n`),
    );
    expect(await versions(client)).toEqual(['6', '7']);
    expect(seen[0]?.line).toBe(`GET ${base}?resourceVersion=5&watch=true`);
    expect(observed).toEqual(['watch deployments 200']);
  });

  test('tells that it was taken, and nothing of the kind where it was refused', async () => {
    const told: string[] = [];
    for (const code of [200, 403]) {
      const { client } = await setUp((_request, response) => {
        response.writeHead(code).end(code === 200 ? '' : '{}');
      });
      const given = { ...options, onOpen: () => void told.push(String(code)) };
      await versions(client, given).catch(() => told.push('refused'));
    }
    expect(told).toEqual(['200', 'refused']);
  });

  test('puts together what comes in pieces, within a character too', async () => {
    const bytes = Buffer.from(`${line(6)}\n${line(7)}\n\n${line(8)}\n`);
    const { client } = await setUp(async (_request, response) => {
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    expect(await versions(client)).toEqual(['6', '7', '8']);
  });

  test('is not bound by the limit of requests, nor by their time', async () => {
    const held: ServerResponse[] = [];
    const { client } = await setUp(
      (request, response, body) => {
        if (request.url?.endsWith('/silent') === true) return;
        if (request.url?.includes('watch=true') !== true) return answer(object)(request, response, body);
        response.write(`${line(6)}\n`);
        held.push(response);
      },
      { timeoutMs: 200, concurrency: 1 },
    );
    const watches = [versions(client), versions(client)];
    await expect.poll(() => held.length).toBe(2);
    await client.get(Deployment, place);
    // The timeout of a request.
    await expect(client.get(Deployment, { ...place, name: 'silent' })).rejects.toMatchObject({
      code: 'KUBERNETES_TIMEOUT',
    });
    for (const response of held) response.end(`${line(7)}\n`);
    expect(await Promise.all(watches)).toEqual([
      ['6', '7'],
      ['6', '7'],
    ]);
  });

  test.each<[string, Handler, object, string]>([
    ['is refused as too old', answer({ message: 'too old' }, 410), options, 'KUBERNETES_GONE'],
    [
      'breaks off',
      (_request, response) => void response.write(`${line(6)}\n`, () => response.destroy()),
      options,
      'KUBERNETES_UNAVAILABLE',
    ],
    [
      'sends what is no JSON',
      (_request, response) => void response.end('{"type":\n'),
      options,
      'KUBERNETES_UNAVAILABLE',
    ],
    [
      'falls silent',
      (_request, response) => void response.write(`${line(6)}\n`),
      { ...options, idleMs: 50 },
      'KUBERNETES_TIMEOUT',
    ],
  ])('fails when it %s', async (_title, handler, given, code) => {
    const { client } = await setUp(handler);
    await expect(versions(client, { ...options, ...given })).rejects.toMatchObject({ code });
  });

  test('ends when its signal is aborted', async () => {
    const aborting = new AbortController();
    const { client } = await setUp((_request, response) => void response.write(`${line(6)}\n`));
    const watch = client.watch(Deployment, 'shop', {}, { signal: aborting.signal, idleMs: 5_000 });
    const events = watch[Symbol.asyncIterator]();
    await events.next();
    aborting.abort();
    await expect(events.next()).rejects.toMatchObject({ code: 'KUBERNETES_UNAVAILABLE' });
  });
});
