import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An API server without any object, which takes every write and forgets it. */
export interface EmptyApiServer {
  /** A kubeconfig that leads to it. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '' } = request;
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (method !== 'GET') {
    const object = JSON.parse(await text(request)) as { metadata?: object };
    return send(200, { ...object, metadata: { ...object.metadata, resourceVersion: '1' } });
  }
  if (url.includes('/leases/')) return send(404, { kind: 'Status', code: 404, reason: 'NotFound' });
  if (!url.includes('watch=')) return send(200, { metadata: { resourceVersion: '1' }, items: [] });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
}

/** Starts it on a free port of the loopback. */
export async function startEmptyApiServer(): Promise<EmptyApiServer> {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    kubeconfig: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      // Plain HTTP is taken only where TLS need not be verified.
      clusters: [{ name: 'empty', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'nobody', user: {} }],
      contexts: [{ name: 'empty', context: { cluster: 'empty', user: 'nobody' } }],
      'current-context': 'empty',
    }),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
