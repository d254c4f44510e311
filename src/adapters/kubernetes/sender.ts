import { type Dispatcher, request } from 'undici';
import { createLimit } from '../../http/limit.ts';
import type { Connection } from './connection.ts';
import { failureOf, unreachable } from './failure.ts';
import type { Resource } from './resource.ts';
import { eventsOf, type WatchEvent } from './watch.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Called for every finished request. `code` is the HTTP status, 0 without an answer. */
export type ObserveRequest = (verb: string, resource: string, code: number, seconds: number) => void;

export interface ClientOptions {
  /** Sent as User-Agent, which identifies us in the API server's audit log. */
  readonly userAgent: string;
  /** Timeout of one request, from sending to the end of its answer; watches excluded. */
  readonly timeoutMs: number;
  /**
   * Maximum concurrent requests, watches excluded. The API server has its own fairness; this bounds our sockets and
   * memory.
   */
  readonly concurrency: number;
  readonly clock: { monotonic(): number };
  readonly observe?: ObserveRequest | undefined;
}

/** One request. */
export interface Call {
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

/** Ends a watch from this side. */
export interface WatchOptions {
  readonly signal: AbortSignal;
  /** A watch without any event for this long counts as dead and fails with KUBERNETES_TIMEOUT. */
  readonly idleMs: number;
  /** Called when the API server has accepted the watch, which may be long before its first event. */
  readonly onOpen?: () => void;
}

function headerOf({ 'retry-after': value }: Dispatcher.ResponseData['headers']): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

interface Limits {
  readonly signal: AbortSignal;
  readonly bodyTimeout: number;
}

/** Sends calls over the connection, reports their results, and turns failures into `SluiceError`s. */
export class Sender {
  readonly #connection: Connection;
  readonly #options: ClientOptions;
  readonly #limit: ReturnType<typeof createLimit>;

  constructor(connection: Connection, options: ClientOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#limit = createLimit(options.concurrency);
  }

  /** The body of the answer to a call. */
  async send(call: Call): Promise<string> {
    let answer = await this.#limit(() => this.#exchange(call));
    // The token may just have been rotated. The request was not authenticated, so nothing has happened yet.
    if (answer.code === 401) answer = await this.#limit(() => this.#exchange(call));
    const { code, text, retryAfter } = answer;
    if (code < 300) return text;
    throw failureOf({ what: whatOf(call), method: call.method, code, body: text, retryAfter });
  }

  /** The events of a call to watch. */
  async *watch(call: Call, { signal, idleMs, onOpen }: WatchOptions): AsyncGenerator<WatchEvent> {
    const since = this.#options.clock.monotonic();
    const what = whatOf(call);
    const answer = await this.#open(call, { signal, bodyTimeout: idleMs }).catch((error: unknown) => {
      this.#tell(call, 0, since);
      throw unreachable(what, error);
    });
    const { statusCode: code, body, headers } = answer;
    this.#tell(call, code, since);
    if (code !== 200) {
      const text = await body.text().catch(() => '');
      throw failureOf({ what, method: call.method, code, body: text, retryAfter: headerOf(headers) });
    }
    onOpen?.();
    try {
      yield* eventsOf(body);
    } catch (error) {
      throw unreachable(what, error);
    }
  }

  async #exchange(call: Call): Promise<Answer> {
    const { clock, timeoutMs } = this.#options;
    const since = clock.monotonic();
    let code = 0;
    try {
      const limits = { signal: AbortSignal.timeout(timeoutMs), bodyTimeout: timeoutMs };
      const { statusCode, headers, body } = await this.#open(call, limits);
      const text = await body.text();
      code = statusCode;
      return { code, text, retryAfter: headerOf(headers) };
    } catch (error) {
      throw unreachable(whatOf(call), error);
    } finally {
      this.#tell(call, code, since);
    }
  }

  async #open(call: Call, limits: Limits): Promise<Dispatcher.ResponseData> {
    const { userAgent, timeoutMs } = this.#options;
    const { dispatcher, headers } = await this.#connection.open();
    const type = call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' };
    const answer = await request(urlOf(this.#connection.server, call.path, call.query), {
      method: call.method,
      dispatcher,
      headers: { ...headers, 'user-agent': userAgent, accept: 'application/json', ...type },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      headersTimeout: timeoutMs,
      ...limits,
    });
    if (answer.statusCode === 401) this.#connection.refresh();
    return answer;
  }

  #tell({ verb, resource }: Call, code: number, since: number): void {
    const { observe, clock } = this.#options;
    observe?.(verb, resource.plural, code, (clock.monotonic() - since) / 1_000);
  }
}
