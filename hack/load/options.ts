import type { Arrivals } from './schedule.ts';
import { serviceUrlOf, targetOf } from './target.ts';

/** What load to make. */
export interface LoadOptions {
  /** Where to send it, such as http://127.0.0.1:8080/predict. Loopback or 10.244.0.0/16 only. */
  readonly url: string;
  /** `grpc`: calls of a method without content, over HTTP/2 without TLS. Default `http`. */
  readonly protocol?: 'http' | 'grpc' | undefined;
  /** An HTTP proxy to send it through, on loopback or 10.244.0.0/16; then the URL is that of a Service of the cluster. */
  readonly proxy?: string | undefined;
  /** Host header, by which a gateway finds the route. Default: that of the URL. */
  readonly host?: string | undefined;
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly method?: 'GET' | 'POST' | undefined;
  readonly body?: string | null | undefined;
  /** Requests a second, on average; at most 2,000. */
  readonly rate: number;
  /** How long; at most an hour. `stop` ends it sooner. */
  readonly seconds: number;
  /** Default `poisson`. */
  readonly arrivals?: Arrivals | undefined;
  /** Default 1. */
  readonly seed?: number | undefined;
  /** Requests in flight at a time; further ones are not sent. Default 200, at most 1,000. */
  readonly maxInFlight?: number | undefined;
  /** Milliseconds after which a request has failed. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** The options with nothing left open. */
export interface LoadPlan {
  readonly url: string;
  readonly protocol: 'http' | 'grpc';
  readonly proxy: string | undefined;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly method: 'GET' | 'POST';
  readonly body: string | null;
  readonly rate: number;
  readonly seconds: number;
  readonly arrivals: Arrivals;
  readonly seed: number;
  readonly maxInFlight: number;
  readonly timeoutMs: number;
}

const [MOST_RATE, MOST_SECONDS, MOST_IN_FLIGHT, MOST_TIMEOUT_MS] = [2_000, 3_600, 1_000, 60_000];

function within(name: string, value: number, min: number, max: number): number {
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} ${value} must be from ${min} to ${max}`);
}

/** Checks the options and fills in the defaults. Throws a RangeError that names the option and its bounds. */
export function planOf(options: LoadOptions): LoadPlan {
  const { proxy } = options;
  const url = proxy === undefined ? targetOf(options.url) : serviceUrlOf(options.url);
  const { arrivals = 'poisson', method = 'GET' } = options;
  if (!['fixed', 'poisson'].includes(arrivals))
    throw new RangeError(`arrivals "${arrivals}" must be fixed or poisson`);
  return {
    url: url.href,
    protocol: options.protocol ?? 'http',
    proxy: proxy === undefined ? undefined : targetOf(proxy).origin,
    host: options.host ?? url.host,
    headers: options.headers ?? {},
    method,
    body: options.body ?? null,
    rate: within('rate', options.rate, 0.1, MOST_RATE),
    seconds: within('seconds', options.seconds, 0.1, MOST_SECONDS),
    arrivals,
    seed: options.seed ?? 1,
    maxInFlight: within('maxInFlight', options.maxInFlight ?? 200, 1, MOST_IN_FLIGHT),
    timeoutMs: within('timeoutMs', options.timeoutMs ?? 10_000, 1, MOST_TIMEOUT_MS),
  };
}
