import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { parse } from 'yaml';
import { yamlText } from '../../cluster/yaml-text.ts';

/** A request on its way to the API server. */
export interface Asked {
  readonly method: string;
  /** With the subresource, such as `releases/status`. */
  readonly resource: string;
  readonly name: string;
  readonly body: string;
  readonly isWatch: boolean;
  /** Whether it changes an object; leases and events do not count. */
  readonly isWrite: boolean;
}

/**
 * The fate of a request. `lost`: it is executed, and the answer never arrives; `after` is called when it is done.
 * `silence`: it is not executed, and nothing answers.
 */
export type Treatment =
  | { readonly kind: 'pass' }
  | { readonly kind: 'answer'; readonly code: number; readonly reason: string; readonly retryAfter?: number }
  | { readonly kind: 'lost'; readonly after?: () => void }
  | { readonly kind: 'silence' };

/** Decides the fate of a request, which is held until then. */
export type Treat = (asked: Asked) => Treatment | Promise<Treatment>;

/** A proxy in front of the API server, for faults. */
export interface ApiProxy {
  /** A kubeconfig that uses the proxy. */
  readonly kubeconfig: string;
  /** Sets how requests are treated from now on; null passes all. */
  treat(how: Treat | null): void;
  /** Ends every watch as a broken connection does. */
  cutWatches(): void;
  /** Ends every watch with the event that its resourceVersion is too old (410). */
  expireWatches(): void;
  /** Holds back every event of every watch, until the returned function is called. */
  holdWatches(): () => void;
  close(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
}

interface Watch {
  readonly answer: ServerResponse;
  readonly body: Dispatcher.ResponseData['body'];
}

const UNCOUNTED = new Set(['leases', 'events']);
const GONE = {
  type: 'ERROR',
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'Expired',
    code: 410,
    message: 'too old',
  },
};

/** What a request is about, by its method, its path and its body. */
export function askedOf(method: string, url: string, body: string): Asked {
  const { pathname, searchParams } = new URL(url, 'http://proxy');
  const parts = pathname.split('/').filter((part) => part !== '');
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const own = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  const [plural = '', name = '', sub] = own;
  return {
    method,
    resource: sub === undefined ? plural : `${plural}/${sub}`,
    name,
    body,
    isWatch: searchParams.get('watch') === 'true',
    isWrite: method !== 'GET' && !UNCOUNTED.has(plural),
  };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function refuse(answer: ServerResponse, treatment: Extract<Treatment, { kind: 'answer' }>): void {
  const { code, reason, retryAfter } = treatment;
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    code,
    message: `a fault: ${reason}`,
  };
  const retry = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  answer.writeHead(code, { 'content-type': 'application/json', ...retry }).end(JSON.stringify(status));
}

const kept = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' &&
        !['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding'].includes(entry[0]),
    ),
  );

/** Starts a proxy in front of the API server of a kubeconfig. It speaks plain HTTP, on loopback only. */
export async function startApiProxy(upstream: string, name: string): Promise<ApiProxy> {
  const config = parse(await readFile(upstream, 'utf8')) as Kubeconfig;
  const [{ cluster }] = config.clusters;
  const target = cluster.server;
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  const agent = new Agent({ connect: { ca }, pipelining: 1 });
  const watches = new Set<Watch>();
  let [how, held]: [Treat | null, boolean] = [null, false];

  const relay = async (message: IncomingMessage, answer: ServerResponse, asked: Asked): Promise<void> => {
    const gone = new AbortController();
    answer.once('close', () => gone.abort());
    const { statusCode, headers, body } = await request(`${target}${message.url}`, {
      dispatcher: agent,
      method: asked.method,
      headers: kept(message.headers),
      ...(asked.body === '' ? {} : { body: asked.body }),
      // A write completes even if its client has left, as in an API server.
      ...(asked.isWrite ? {} : { signal: gone.signal }),
      bodyTimeout: 0,
    });
    answer.writeHead(statusCode, { 'content-type': String(headers['content-type'] ?? 'application/json') });
    if (!asked.isWatch) return void answer.end(await body.text());
    answer.flushHeaders();
    const watch = { answer, body };
    watches.add(watch);
    body.on('error', () => answer.destroy());
    answer.once('close', () => watches.delete(watch));
    if (!held) body.pipe(answer);
  };

  const lose = async (message: IncomingMessage, answer: ServerResponse, asked: Asked): Promise<void> => {
    const done = await request(`${target}${message.url}`, {
      dispatcher: agent,
      method: asked.method,
      headers: kept(message.headers),
      ...(asked.body === '' ? {} : { body: asked.body }),
    });
    await done.body.dump();
    answer.destroy();
  };

  const serve = async (message: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const asked = askedOf(message.method ?? 'GET', message.url ?? '/', await textOf(message));
    const treatment = (await how?.(asked)) ?? { kind: 'pass' };
    if (treatment.kind === 'answer') refuse(answer, treatment);
    else if (treatment.kind === 'pass') await relay(message, answer, asked);
    else if (treatment.kind === 'lost') await lose(message, answer, asked).finally(() => treatment.after?.());
  };

  const server = createServer((message, answer) => {
    answer.on('error', () => undefined);
    serve(message, answer).catch(() => answer.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  // Client libraries accept plain HTTP only if no certificate must be checked.
  Object.assign(cluster, { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true });
  Reflect.deleteProperty(cluster, 'certificate-authority-data');
  const kubeconfig = `${upstream}.${name}`;
  await writeFile(kubeconfig, yamlText(config), { mode: 0o600 });

  return {
    kubeconfig,
    treat: (treat) => {
      how = treat;
    },
    cutWatches: () => {
      for (const { answer } of watches) answer.destroy();
    },
    expireWatches: () => {
      for (const { answer, body } of watches) {
        body.unpipe(answer);
        answer.end(`${JSON.stringify(GONE)}\n`);
      }
    },
    holdWatches: () => {
      held = true;
      for (const { answer, body } of watches) body.unpipe(answer);
      return () => {
        held = false;
        for (const { answer, body } of watches) body.pipe(answer);
      };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await agent.destroy();
    },
  };
}
