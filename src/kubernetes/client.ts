import { type Dispatcher, request } from 'undici';
import type { KubeObject } from '../api/meta.ts';
import type { Connection } from './connection.ts';
import { failureOf, isCode, unreachable } from './failure.ts';
import { createLimit } from './limit.ts';
import { pathOf, type Resource } from './resource.ts';
import { eventsOf, type WatchEvent } from './watch.ts';

/** A page of a list. */
export interface ListPage {
  readonly items: KubeObject[];
  readonly resourceVersion: string;
  /** Where the next page begins; undefined on the last one. */
  readonly continue: string | undefined;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** An object, or a part of one, by name. */
export interface Place {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly subresource?: string;
}

/** What ends a watch from this side. */
export interface WatchOptions {
  readonly signal: AbortSignal;
  /** A watch without any word for so long is taken for dead and fails with KUBERNETES_TIMEOUT. */
  readonly idleMs: number;
}

/**
 * The API server as raw JSON: nothing that this program does not know is lost on a read or a write. Everything
 * rejects with a `SluiceError` whose message is the API server's own.
 */
export interface KubeClient {
  /** The object, or null where there is none. */
  get(resource: Resource, place: Place): Promise<KubeObject | null>;
  /** One page of the namespace's objects, or of all. A kind that is not served is KUBERNETES_NOT_FOUND. */
  list(resource: Resource, namespace: string | undefined, query?: Query): Promise<ListPage>;
  create(resource: Resource, object: KubeObject): Promise<KubeObject>;
  /** PUT: fails with KUBERNETES_CONFLICT unless the object's resourceVersion is the newest. */
  replace(resource: Resource, object: KubeObject): Promise<KubeObject>;
  patch(
    resource: Resource,
    place: Place,
    type: keyof typeof PATCH_TYPES,
    body: unknown,
    query?: Query,
  ): Promise<KubeObject>;
  /**
   * Deletes. Answers the object where it stays for now (finalizers), null where it is gone.
   * `options` is Kubernetes' DeleteOptions.
   */
  remove(resource: Resource, place: Place, options?: object): Promise<KubeObject | null>;
  /** The events after `query.resourceVersion`; ends when the server closes the watch. */
  watch(
    resource: Resource,
    namespace: string | undefined,
    query: Query,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent>;
}

/** Told of every request that ended. `code` is the HTTP status, 0 where there was no answer. */
export type ObserveRequest = (verb: string, resource: string, code: number, seconds: number) => void;

export interface ClientOptions {
  /** Sent as User-Agent, by which the API server's audit log knows us. */
  readonly userAgent: string;
  /** For one request from its sending to the end of its answer; watches aside. */
  readonly timeoutMs: number;
  /** Requests at once, watches aside. The API server has its own fairness; this bounds our sockets and memory. */
  readonly concurrency: number;
  readonly clock: { monotonic(): number };
  readonly observe?: ObserveRequest | undefined;
}

interface Call {
  readonly verb: string;
  readonly method: Dispatcher.HttpMethod;
  readonly resource: Resource;
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
}

interface Answer {
  readonly code: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

function urlOf(server: string, path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  const text = search.toString();
  return `${server}${path}${text === '' ? '' : `?${text}`}`;
}

const whatOf = ({ verb, resource, path }: Call): string =>
  `${verb} ${resource.plural}${path.slice(path.indexOf(`/${resource.plural}`) + resource.plural.length + 1)}`;

/** Sends calls over the connection and tells how they went. */
function createSender(connection: Connection, options: ClientOptions) {
  const { userAgent, timeoutMs, clock, observe } = options;
  const headersOf = (call: Call, own: Readonly<Record<string, string>>): Record<string, string> => ({
    ...own,
    'user-agent': userAgent,
    accept: 'application/json',
    ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
  });
  const open = async (
    call: Call,
    limits: { readonly signal: AbortSignal; readonly bodyTimeout: number },
  ): Promise<Dispatcher.ResponseData> => {
    const { dispatcher, headers } = await connection.open();
    const answer = await request(urlOf(connection.server, call.path, call.query), {
      method: call.method,
      dispatcher,
      headers: headersOf(call, headers),
      body: call.body === undefined ? null : JSON.stringify(call.body),
      headersTimeout: timeoutMs,
      ...limits,
    });
    if (answer.statusCode === 401) connection.refresh();
    return answer;
  };
  /** One try, told to `observe`. */
  const exchange = async (call: Call): Promise<Answer> => {
    const since = clock.monotonic();
    let code = 0;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const { statusCode, headers, body } = await open(call, { signal, bodyTimeout: timeoutMs });
      const text = await body.text();
      code = statusCode;
      const retryAfter = headers['retry-after'];
      return { code, text, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined };
    } catch (error) {
      throw unreachable(whatOf(call), error);
    } finally {
      observe?.(call.verb, call.resource.plural, code, (clock.monotonic() - since) / 1_000);
    }
  };
  return { open, exchange };
}

function pageOf(resource: Resource, text: string): ListPage {
  const list = JSON.parse(text) as {
    metadata?: { resourceVersion?: string; continue?: string };
    items?: KubeObject[] | null;
    apiVersion: string;
  };
  const items = list.items ?? [];
  // The items of a built-in kind's list come without apiVersion and kind.
  for (const item of items) {
    item.apiVersion ??= list.apiVersion;
    item.kind ??= resource.kind;
  }
  const next = list.metadata?.continue;
  return {
    items,
    resourceVersion: list.metadata?.resourceVersion ?? '',
    continue: next === '' ? undefined : next,
  };
}

/** Makes the client. Every request and every watch goes over the connection's one pool. */
export function createKubeClient(connection: Connection, options: ClientOptions): KubeClient {
  const { open, exchange } = createSender(connection, options);
  const limit = createLimit(options.concurrency);

  const send = async (call: Call): Promise<Answer> => {
    let answer = await limit(() => exchange(call));
    // The token may just have been rotated. It was not let in, so nothing has happened yet.
    if (answer.code === 401) answer = await limit(() => exchange(call));
    if (answer.code < 300) return answer;
    throw failureOf(whatOf(call), answer.code, answer.text, answer.retryAfter);
  };
  const object = async (call: Call): Promise<KubeObject> => JSON.parse((await send(call)).text) as KubeObject;

  async function* watch(call: Call, { signal, idleMs }: WatchOptions): AsyncGenerator<WatchEvent> {
    const since = options.clock.monotonic();
    const answer = await open(call, { signal, bodyTimeout: idleMs }).catch((error: unknown) => {
      options.observe?.('watch', call.resource.plural, 0, (options.clock.monotonic() - since) / 1_000);
      throw unreachable(whatOf(call), error);
    });
    const { statusCode, body } = answer;
    options.observe?.('watch', call.resource.plural, statusCode, (options.clock.monotonic() - since) / 1_000);
    try {
      if (statusCode === 200) yield* eventsOf(body);
    } catch (error) {
      throw unreachable(whatOf(call), error);
    }
    if (statusCode !== 200) throw failureOf(whatOf(call), statusCode, await body.text(), undefined);
  }

  return {
    get: (resource, place) => {
      const path = pathOf(resource, place);
      return object({ verb: 'get', method: 'GET', resource, path }).catch(nullWhereMissing);
    },
    list: async (resource, namespace, query = {}) => {
      const path = pathOf(resource, { namespace });
      return pageOf(resource, (await send({ verb: 'list', method: 'GET', resource, path, query })).text);
    },
    create: (resource, body) => {
      const path = pathOf(resource, { namespace: body.metadata.namespace });
      return object({ verb: 'create', method: 'POST', resource, path, body });
    },
    replace: (resource, body) =>
      object({ verb: 'update', method: 'PUT', resource, path: pathOf(resource, body.metadata), body }),
    patch: (resource, place, type, body, query = {}) => {
      const path = pathOf(resource, place);
      const contentType = PATCH_TYPES[type];
      return object({ verb: 'patch', method: 'PATCH', resource, path, body, contentType, query });
    },
    remove: async (resource, place, body) => {
      const path = pathOf(resource, place);
      const answer = await object({ verb: 'delete', method: 'DELETE', resource, path, body });
      return answer.kind === 'Status' ? null : answer;
    },
    watch: (resource, namespace, query, limits) => {
      const call: Call = { verb: 'watch', method: 'GET', resource, path: pathOf(resource, { namespace }) };
      return watch({ ...call, query: { ...query, watch: true } }, limits);
    },
  };
}

function nullWhereMissing(error: unknown): null {
  if (isCode(error, 'KUBERNETES_NOT_FOUND')) return null;
  throw error;
}
