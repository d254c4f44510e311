import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as SecureOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { AxiosRequestConfig } from 'axios';
import { ProxyAgent, fetch as undiciFetch } from 'undici';
import { proxyFor, proxyName } from './proxy.ts';

/** Options that make axios connect directly, or through the proxy of its agents. */
export type Transport = Pick<AxiosRequestConfig, 'httpAgent' | 'httpsAgent' | 'proxy'>;

/**
 * Creates agents for axios, which keep connections open: one pair for direct requests, one for each proxy. `lookup`
 * resolves names of direct requests; a proxy resolves names itself.
 */
export function createTransports(
  options: AgentOptions & SecureOptions,
  lookup?: LookupFunction,
): (url: string) => Transport {
  const transports = new Map<string | null, Transport>();
  const open = (proxy: string | null): Transport => {
    // Node's own proxy support: one CONNECT for each kept connection, and the TLS options are the target's.
    const proxyEnv = proxy === null ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
    const all = { ...options, ...proxyEnv, ...(proxy === null && lookup !== undefined && { lookup }) };
    const agents = { httpAgent: new HttpAgent(all), httpsAgent: new HttpsAgent(all) };
    return proxy === null ? { ...agents, proxy: false } : agents;
  };
  return (url) => {
    const proxy = proxyFor(url);
    const transport = transports.get(proxy) ?? open(proxy);
    transports.set(proxy, transport);
    return transport;
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
const OF_PROXY = new Set(['ERR_PROXY_TUNNEL', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** If a proxy caused an error: why, as a clause after the name of the server. Else null. */
export function proxyFault(url: string, error: unknown): string | null {
  const proxy = proxyFor(url);
  const { message = '', code = '' } = error as { message?: string; code?: string };
  if (proxy === null || !OF_PROXY.has(code)) return null;
  const status = code === 'ERR_PROXY_TUNNEL' ? /HTTP\/1\.\d (\d{3})/.exec(message)?.[1] : undefined;
  const answered = status === '407' ? '407: give user and password in its URL' : status;
  return status === undefined
    ? `cannot be reached through the proxy ${proxyName(proxy)}: ${code}`
    : `cannot be reached: the proxy ${proxyName(proxy)} answered ${answered}`;
}
