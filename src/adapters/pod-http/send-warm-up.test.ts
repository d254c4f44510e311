import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTargets } from '../../http/outgoing/targets.ts';
import { createWarmUpSender } from './send-warm-up.ts';

let server: Server;
let url = '';
const got: {
  readonly method: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}[] = [];

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      got.push({ method: request.method, type: request.headers['content-type'], body });
      const status = Number(request.url?.slice(1));
      if (status === 0) return;
      response.writeHead(status, status === 302 ? { location: '/200' } : {});
      response.end('answer');
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

const send = createWarmUpSender(createTargets(['127.0.0.0/8', '::1']));
const warmUp = { method: 'POST', contentType: 'application/json', timeoutMs: 2_000 } as const;

describe('a warm-up request', () => {
  it('has the method and the body that it was given', async () => {
    await send({ ...warmUp, url: `${url}/200`, body: '{"input":[1]}' });
    expect(got.at(-1)).toEqual({ method: 'POST', type: 'application/json', body: '{"input":[1]}' });
  });

  it.each([302, 404, 500])('that is answered with %i has not warmed anything', async (status) => {
    const before = got.length;
    await expect(send({ ...warmUp, url: `${url}/${status}` })).rejects.toThrow(`HTTP ${status}`);
    expect(got).toHaveLength(before + 1);
  });

  it('that is not answered ends at its timeout', async () => {
    await expect(send({ ...warmUp, url: `${url}/0`, timeoutMs: 50 })).rejects.toThrow(/timeout/i);
  });

  it('that nobody takes says so', async () => {
    await expect(send({ ...warmUp, url: 'http://127.0.0.1:1/' })).rejects.toThrow(/ECONNREFUSED/);
  });
});
