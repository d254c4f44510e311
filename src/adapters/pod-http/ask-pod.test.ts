import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTargets } from '../../http/outgoing/targets.ts';
import { createAskPod } from './ask-pod.ts';

let server: Server;
let url = '';
const got: { method: string | undefined; headers: IncomingMessage['headers']; body: string }[] = [];
const TOO_LONG = 'x'.repeat(5 * 1024 * 1024);

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      got.push({ method: request.method, headers: request.headers, body });
      const path = request.url?.slice(1) ?? '';
      if (path === 'never') return;
      if (path === 'long') return response.end(TOO_LONG);
      if (path === 'parts') {
        response.write(TOO_LONG.slice(1));
        return response.end('x');
      }
      response.writeHead(Number(path), path === '302' ? { location: '/200' } : {});
      return response.end('{"class":"cat"}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const ask = createAskPod(createTargets(['127.0.0.0/8', '::1']));
const question = {
  method: 'POST',
  headers: { 'user-agent': 'sluice', 'x-sluice-check': 'answers' },
  timeoutMs: 2_000,
  mostBytes: 4 * 1024 * 1024,
  signal: new AbortController().signal,
} as const;

describe('asking a pod', () => {
  it('sends what it was given, and says what came back', async () => {
    const answer = await ask({ ...question, url: `${url}/200`, body: '{"input":1}' });
    expect(answer).toEqual({ status: 200, body: '{"class":"cat"}', ms: expect.any(Number) });
    expect(got.at(-1)).toMatchObject({
      method: 'POST',
      body: '{"input":1}',
      headers: { 'user-agent': 'sluice', 'x-sluice-check': 'answers' },
    });
  });

  it.each([302, 404, 500])('takes %i for an answer, and follows nothing', async (status) => {
    const before = got.length;
    expect(await ask({ ...question, url: `${url}/${status}` })).toMatchObject({ status });
    expect(got).toHaveLength(before + 1);
  });

  it('has none from an answer that never comes', async () => {
    await expect(ask({ ...question, url: `${url}/never`, timeoutMs: 300 })).rejects.toThrow(/timeout/i);
  });

  it.each(['long', 'parts'])(
    'says that an answer is too long, with and without its length before it: %s',
    async (path) => {
      expect(await ask({ ...question, url: `${url}/${path}` })).toBe('tooLong');
      expect(await ask({ ...question, url: `${url}/${path}`, mostBytes: TOO_LONG.length })).toMatchObject({
        status: 200,
        body: TOO_LONG,
      });
    },
  );

  it('has none where nobody listens', async () => {
    await expect(ask({ ...question, url: 'http://127.0.0.1:1/' })).rejects.toThrow(/ECONNREFUSED/);
  });

  it('ends when nobody wants the answer any more', async () => {
    const stopping = new AbortController();
    const answer = ask({ ...question, url: `${url}/never`, timeoutMs: 60_000, signal: stopping.signal });
    stopping.abort(new Error('not wanted'));
    await expect(answer).rejects.toThrow('not wanted');
  });
});
