import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A source of metrics by a script: every version has 100 requests a second, of which none fails. */
export interface ScriptedPrometheus {
  readonly url: string;
  /** Queries answered so far. */
  readonly answered: () => number;
  close(): void;
}

const RATE = 100;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The counters of the only pod of a version, at a moment; a version that `isThere` does not know has none. */
function resultOf(form: URLSearchParams, isThere: (app: string, hash: string) => boolean): object[] {
  const [, name = '', hash = '', app = ''] =
    /^(\w+)\{hash="([^"]*)",app="([^"]*)"\}$/.exec(form.get('query') ?? '') ?? [];
  if (!isThere(app, hash)) return [];
  const at = Number(form.get('time'));
  const value = name === 'requests' ? Math.floor(RATE * (at % 1_000_000)) : 0;
  return [{ metric: { __name__: name, pod: `${app}-${hash}`, hash, app }, value: [at, String(value)] }];
}

/** Serves Prometheus' query API on loopback. */
export async function startScriptedPrometheus(
  isThere: (app: string, hash: string) => boolean,
): Promise<ScriptedPrometheus> {
  let answered = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      answered += 1;
      const data = { resultType: 'vector', result: resultOf(new URLSearchParams(body), isThere) };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'success', data }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answered: () => answered,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
