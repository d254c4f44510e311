import type { LookupFunction } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici';
import { proxyFor, proxyName } from './proxy.ts';

/** How servers are connected to. */
export interface ConnectOptions {
  /** Connections at once to one server; without it, as many as there are requests. */
  readonly connections?: number;
  /** What TLS shows and trusts. */
  readonly tls?: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>;
  /** Resolves names of direct requests; a proxy resolves names itself. */
  readonly lookup?: LookupFunction;
}

/** Creates pools that keep connections open: one for direct requests, one for each proxy. */
export function createDispatchers({
  connections,
  tls = {},
  lookup,
}: ConnectOptions): (url: string) => Dispatcher {
  const dispatchers = new Map<string | null, Dispatcher>();
  const pool = { allowH2: false, ...(connections !== undefined && { connections }) };
  const connect = { ...tls, ...(lookup !== undefined && { lookup }) };
  const open = (proxy: string | null): Dispatcher =>
    proxy === null
      ? new Agent({ ...pool, connect })
      : new ProxyAgent({ ...pool, uri: proxy, requestTls: tls });
  return (url) => {
    const proxy = proxyFor(url);
    const dispatcher = dispatchers.get(proxy) ?? open(proxy);
    dispatchers.set(proxy, dispatcher);
    return dispatcher;
  };
}

/** The dispatcher of undici through the proxy of a URL; undefined if it is reached directly. */
export function dispatcherFor(url: string): ProxyAgent | undefined {
  const proxy = proxyFor(url);
  return proxy === null ? undefined : new ProxyAgent({ uri: proxy });
}

const dispatchers = new Map<string, ProxyAgent>();

/** `fetch` through the proxy of the environment, for libraries that accept one. */
export const proxiedFetch = ((input: string | URL, init?: RequestInit) => {
  const proxy = proxyFor(String(input));
  if (proxy === null) return fetch(input, init);
  const dispatcher = dispatchers.get(proxy) ?? new ProxyAgent({ uri: proxy });
  dispatchers.set(proxy, dispatcher);
  return undiciFetch(input, { ...init, dispatcher } as Parameters<typeof undiciFetch>[1]);
}) as typeof fetch;

/** Errors of the connection to a proxy itself; those of the target differ. */
const OF_PROXY = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_PRX_CONN']);
/** Errors of undici that tell in their text which status a proxy answered. */
const ANSWERED = new Set(['UND_ERR_ABORTED', 'UND_ERR_INVALID_ARG']);

/** If a proxy caused an error: why, as a clause after the name of the server. Else null. */
export function proxyFault(url: string, error: unknown): string | null {
  const proxy = proxyFor(url);
  const { message = '', code = '' } = error as { message?: string; code?: string };
  if (proxy === null) return null;
  const status = ANSWERED.has(code) ? /[Pp]roxy .*\((\d{3})\)/.exec(message)?.[1] : undefined;
  if (status !== undefined) {
    const hint = status === '407' ? ': give user and password in its URL' : '';
    return `cannot be reached: the proxy ${proxyName(proxy)} answered ${status}${hint}`;
  }
  return OF_PROXY.has(code) ? `cannot be reached through the proxy ${proxyName(proxy)}: ${code}` : null;
}
