import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../src/api/meta.ts';

/** Text with everything that controls a terminal: clear, title, colours, overwriting, a forged line, bidi. */
export const HOSTILE =
  'x\u001b[2J\u001b]0;owned\u0007\u009b31m\u001b[8m\u202eevil\u2066\rback\nFORGED\u0000\u007f\u200f\u2028\u{e0041}';

/** Fields that the API server or the schema would not let be anything. */
const STRICT =
  /^(apiVersion|kind|name|namespace|uid|phase|stage|verdict|at|.+At|creationTimestamp|deadline|rollout|replicaSet|podTemplateHash|revision|status|type|via|outcome|virtualService|host|max|quantile|unit|interval|warmUp|.*[tT]ransitionTime|pod-template-hash)$/;

/** A value with hostile text behind each string that somebody can choose. */
export function hostile<T>(value: T, key = ''): T {
  if (typeof value === 'string') return (STRICT.test(key) ? value : `${value}${HOSTILE}`) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => hostile(one, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hostile(one, name)])) as T;
}

/** An API server with objects that never change. */
export interface HostileServer {
  readonly url: string;
  /** What every request gets in place of an answer. */
  fault: { readonly code: number; readonly message: string } | null;
  close(): Promise<void>;
}

const LISTED = /^\/(?:api|apis\/[^/]+)\/v[^/]+\/(?:namespaces\/[^/]+\/)?([a-z]+)(?:\/([^/]+))?(?:\/status)?$/;

const send = (response: ServerResponse, code: number, body: object): void => {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const refuse = (response: ServerResponse, code: number, message: string): void =>
  send(response, code, { kind: 'Status', status: 'Failure', message, reason: 'x', code });

/** Starts it. A kind is asked for by the plural of its name. */
export async function startHostileServer(
  objects: Readonly<Record<string, readonly KubeObject[]>>,
): Promise<HostileServer> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const [, plural = '', name] = LISTED.exec(pathname) ?? [];
    if (hostileServer.fault !== null)
      return refuse(response, hostileServer.fault.code, hostileServer.fault.message);
    if (searchParams.get('watch') === 'true') return response.writeHead(200).flushHeaders();
    const items = objects[plural] ?? [];
    if (name === undefined)
      return send(response, 200, {
        apiVersion: 'v1',
        kind: 'List',
        metadata: { resourceVersion: '1' },
        items,
      });
    const found = items.find(({ metadata }) => metadata.name === decodeURIComponent(name));
    return found === undefined
      ? refuse(response, 404, `${plural} not found${HOSTILE}`)
      : send(response, 200, found);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hostileServer: HostileServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: null,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return hostileServer;
}
