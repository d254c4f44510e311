import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startLoad } from './load.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/predict?x=1`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('startLoad', () => {
  it('sends what is due with its headers and records version, pod and status', async () => {
    const seen = new Set<string>();
    const url = await serve((request, response) => {
      seen.add(`${request.method} ${request.url} ${request.headers.host}`);
      response.writeHead(200, { 'x-version': 'v3', 'x-pod': 'p' }).end('{}');
    });
    const load = startLoad({ url, host: 'model.local', rate: 100, seconds: 0.5, arrivals: 'fixed' });
    const summary = await load.done;
    expect(summary).toMatchObject({
      requests: 50,
      failed: 0,
      byVersion: { v3: { requests: 50 } },
      byPod: { p: 50 },
    });
    expect([...seen]).toEqual(['GET /predict?x=1 model.local']);
    expect(load.records()).toHaveLength(50);
  });

  it('counts errors, broken connections and time-outs as failed', async () => {
    let count = 0;
    const url = await serve((request, response) => {
      count++;
      if (count % 3 === 0) request.socket.destroy();
      else if (count % 3 === 1) response.writeHead(500).end();
    });
    const { requests, failed, byCode } = await startLoad({
      url,
      rate: 60,
      seconds: 0.5,
      arrivals: 'fixed',
      timeoutMs: 100,
    }).done;
    expect([requests, failed]).toEqual([30, 30]);
    expect(Object.keys(byCode).toSorted()).toEqual(['500', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_SOCKET']);
  });

  it('does not wait for answers, and says what it could not send', async () => {
    const url = await serve(() => undefined);
    const load = startLoad({
      url,
      rate: 100,
      seconds: 0.4,
      arrivals: 'fixed',
      maxInFlight: 10,
      timeoutMs: 500,
    });
    expect(await load.done).toMatchObject({ requests: 10, failed: 10, notSent: 30 });
  });

  it('stops when told to and answers for what it has sent', async () => {
    const url = await serve((_request, response) => response.end());
    const { promise: first, resolve } = Promise.withResolvers<void>();
    const load = startLoad({ url, rate: 50, seconds: 600, onRecord: () => resolve() });
    await first;
    const { requests, failed } = await load.stop();
    expect([requests > 0, failed]).toEqual([true, 0]);
  });
});
