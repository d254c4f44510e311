import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pathOf, RESOURCES, type Resource } from '../../src/adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { SluiceError } from '../../src/errors.ts';
import { keyOf, MemoryServer, writerOf } from '../../test/fakes/memory-server.ts';

/** An API server in memory, with what the controller needs of the protocol: lists by page, watches, writes with guards. */
export interface ScaleApi {
  readonly port: number;
  readonly server: MemoryServer;
  /** Requests so far by verb and resource; watches and leases aside. */
  counts(): Readonly<Record<string, number>>;
  close(): void;
}

/** What a request is about. */
interface Place {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

interface Watch {
  readonly kind: string;
  readonly response: ServerResponse;
}

const BOOKMARK_MS = 60_000;
const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const ALL: readonly Resource[] = Object.values(RESOURCES);

function placeOf(path: string): Place | null {
  const resource = ALL.find((one) => {
    const root = pathOf(one).slice(0, -one.plural.length);
    return path.startsWith(root) && path.slice(root.length).split('/').includes(one.plural);
  });
  if (resource === undefined) return null;
  const root = pathOf(resource).slice(0, -resource.plural.length);
  const parts = path.slice(root.length).split('/').map(decodeURIComponent);
  const isScoped = parts[0] === 'namespaces' && resource.namespaced;
  const [, name, subresource] = isScoped ? parts.slice(2) : parts;
  return { resource, namespace: isScoped ? parts[1] : undefined, name, subresource };
}

/** What the API server notes of who set which field: half of what it sends of a small object. */
function managed(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return {};
  const fields = Object.entries(value).map(([key, inner]) => [
    Array.isArray(value) ? `k:${key}` : `f:${key}`,
    managed(inner),
  ]);
  return Object.fromEntries(fields) as unknown;
}

/** The object as it is sent. */
function sent(object: KubeObject): object {
  const fieldsV1 = managed({ spec: object['spec'], status: object['status'], metadata: object.metadata });
  const managedFields = [
    {
      manager: 'bench',
      operation: 'Update',
      apiVersion: object.apiVersion,
      fieldsType: 'FieldsV1',
      fieldsV1,
    },
  ];
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const statusOf = (code: number, reason: string, message: string): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
});

const CODES: Readonly<Record<string, readonly [number, string]>> = {
  KUBERNETES_CONFLICT: [409, 'Conflict'],
  KUBERNETES_INVALID: [422, 'Invalid'],
};

class Api {
  readonly server = new MemoryServer(() => Date.now());
  readonly requests = new Map<string, number>();
  readonly #watches = new Set<Watch>();
  readonly #writer = writerOf(this.server, (_write, act) => act());
  #version = 0;

  constructor() {
    this.server.onChange = (type, object) => {
      this.#version = Number(object.metadata.resourceVersion);
      const line = { type: type.toUpperCase(), object: sent(object) };
      for (const { kind, response } of this.#watches)
        if (kind === object.kind) response.write(`${JSON.stringify(line)}\n`);
    };
  }

  bookmark(): void {
    const metadata = { resourceVersion: String(this.#version) };
    for (const { kind, response } of this.#watches)
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind, metadata } })}\n`);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'https://localhost');
    const place = placeOf(url.pathname);
    if (place === null) return reply(response, 404, statusOf(404, 'NotFound', `no ${url.pathname}`));
    const isWatch = url.searchParams.get('watch') === 'true';
    const verb = VERBS[request.method ?? ''] ?? (place.name === undefined ? 'list' : 'get');
    if (!isWatch && place.resource.kind !== 'Lease') this.#count(verb, place);
    if (isWatch) return this.#watch(place, response);
    if (verb === 'list') return reply(response, 200, this.#page(place, url.searchParams));
    const [code, body] = await this.#act(verb, place, await bodyOf(request));
    reply(response, code, body);
  }

  async #act(verb: string, place: Place, body: string): Promise<readonly [code: number, body: object]> {
    try {
      const object = verb === 'get' ? this.#found(place) : await this.#write(verb, place, body);
      return object === null ? [404, statusOf(404, 'NotFound', 'not found')] : [200, object];
    } catch (error) {
      const [code, reason] = CODES[error instanceof SluiceError ? error.code : ''] ?? [500, 'InternalError'];
      return [code, statusOf(code, reason, error instanceof Error ? error.message : String(error))];
    }
  }

  #count(verb: string, { resource, subresource }: Place): void {
    const key = `${verb} ${resource.plural}${subresource === undefined ? '' : `/${subresource}`}`;
    this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
  }

  #watch({ resource: { kind } }: Place, response: ServerResponse): void {
    const watch = { kind, response };
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
  }

  #page({ resource, namespace }: Place, query: URLSearchParams): object {
    const all = [...this.server.objects.values()].filter(
      ({ kind, metadata }) =>
        kind === resource.kind && (namespace === undefined || metadata.namespace === namespace),
    );
    const [from, limit] = [Number(query.get('continue') ?? 0), Number(query.get('limit') ?? 0) || all.length];
    const next = from + limit < all.length ? { continue: String(from + limit) } : {};
    return {
      kind: `${resource.kind}List`,
      apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
      metadata: { resourceVersion: String(this.#version), ...next },
      items: all.slice(from, from + limit).map(sent),
    };
  }

  #found({ resource, namespace, name = '' }: Place): KubeObject | null {
    return this.server.objects.get(keyOf(resource.kind, namespace, name)) ?? null;
  }

  async #write(verb: string, place: Place, body: string): Promise<KubeObject | null> {
    const given = (body === '' ? {} : JSON.parse(body)) as KubeObject;
    if (verb === 'create') return this.#writer.create(given);
    const before = this.#found(place);
    if (before === null) return null;
    if (verb === 'delete') {
      await this.#writer.remove(before);
      return before;
    }
    if (verb === 'update')
      return this.server.update(before, (draft) => Object.assign(draft, { spec: given['spec'] }));
    const patch = given as unknown as object[];
    return place.subresource === 'status'
      ? this.#writer.patch(before, patch, 'status')
      : this.#writer.patch(before, patch);
  }
}

/** Serves it on loopback with this certificate, without authentication. */
export async function startScaleApi(pair: {
  readonly cert: string;
  readonly key: string;
}): Promise<ScaleApi> {
  const api = new Api();
  const [cert, key] = await Promise.all([readFile(pair.cert), readFile(pair.key)]);
  const server = createServer({ cert, key }, (request, response) => void api.answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const timer = setInterval(() => api.bookmark(), BOOKMARK_MS);
  return {
    port: (server.address() as AddressInfo).port,
    server: api.server,
    counts: () => Object.fromEntries(api.requests),
    close: () => {
      clearInterval(timer);
      server.closeAllConnections();
      server.close();
    },
  };
}
