import { type AxiosInstance, type AxiosResponse, create, isAxiosError } from 'axios';
import type { Sample } from '../../analysis/evidence/sample.ts';
import type { Clock } from '../../clock.ts';
import { wordsOf } from '../../errors.ts';
import { createBreakers } from '../../http/breaker.ts';
import { createFairLimit, type Shares } from '../../http/fair-limit.ts';
import { proxyFault } from '../../http/outgoing/agents.ts';
import type { MetricSource, QueryOwner } from '../../ports/metric-source.ts';
import { type Access, type AccessOptions, type Credentials, createAccess } from './access.ts';
import { excerpt, sampleOf } from './answer.ts';
import { createRecent } from './recent.ts';

/** Where Prometheus is and how to talk to it. Thanos, Mimir and VictoriaMetrics have the same query API. */
export interface PrometheusOptions extends AccessOptions {
  /** Base URLs, with the path prefix if there is one. The first that answers is used. */
  readonly urls: readonly string[];
  /** Longest time for one query at one endpoint. */
  readonly timeoutMs?: number | undefined;
  /** Longest answer in bytes, unpacked. */
  readonly maxBytes?: number;
  /** Queries at a time. */
  readonly shares?: Shares;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Prometheus itself runs 20 queries at a time by default. */
const SHARES: Shares = { most: 16, perNamespace: 8, perOwner: 4 };
/** The owner of queries of the command line. */
const ANYBODY: QueryOwner = { namespace: '', name: '' };

interface Endpoint {
  readonly url: string;
  /** The URL without its secrets. */
  readonly name: string;
}

/** `answered` says whether the endpoint works: a refused query is the query's fault. */
interface Attempt {
  readonly sample: Sample;
  readonly answered: boolean;
}

const failed = (message: string): Attempt => ({
  sample: { kind: 'providerError', message },
  answered: false,
});

function endpointOf(url: string): Endpoint {
  const { origin, pathname } = new URL(url);
  const query = `${url.replace(/\/+$/, '')}/api/v1/query`;
  const name = `${origin}${pathname}`.replace(/\/+$/, '');
  return { url: query, name };
}

function clientOf(maxBytes: number): AxiosInstance {
  return create({
    maxContentLength: maxBytes,
    maxRedirects: 0,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
  });
}

/** An instant query. */
interface Question {
  readonly promql: string;
  readonly atMs: number;
}

/** The form of an instant query. VictoriaMetrics hides the last 30 s by default; others ignore the parameter. */
function formOf({ promql, atMs }: Question): URLSearchParams {
  return new URLSearchParams({ query: promql, time: (atMs / 1_000).toFixed(3), latency_offset: '1ms' });
}

const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: ': the credentials are missing or wrong',
  403: ': the credentials do not allow queries',
  404: ': check the URL and its path prefix',
  429: ': too many queries',
};

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function attemptOf({ name }: Endpoint, { status, headers, data }: AxiosResponse<string>): Attempt {
  if (status >= 300 && status < 400) {
    // The part after the path may be a token of a login page.
    const target = excerpt(String(headers['location'] ?? 'elsewhere').replace(/[?#].*$/, ''));
    return failed(`${name} redirects to ${target}, which is not followed: give the final URL`);
  }
  const body = parsedJson(data);
  const ofPrometheus = typeof body === 'object' && body !== null && 'status' in body;
  if (ofPrometheus && (status === 200 || status === 400 || status === 422))
    return { sample: sampleOf(body), answered: true };
  if (status !== 200) {
    const error = ofPrometheus && 'error' in body ? `: ${excerpt(String(body.error))}` : '';
    return failed(`${name} answered HTTP ${status}${STATUS_HINTS[status] ?? error}`);
  }
  const type = excerpt(String(headers['content-type'] ?? 'no content type'));
  return failed(`${name} answered with ${type} instead of JSON: check the URL, or a login page in between`);
}

/** What failed, for a text that already names the endpoint. */
function withoutName(message: string, { name }: Endpoint): string {
  return message.startsWith(`${name} `) ? message.slice(name.length + 1) : message;
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection: is it running, and is the port right?',
  ENOTFOUND: 'has a host name that does not resolve',
  EAI_AGAIN: 'has a host name that does not resolve at the moment',
  ECONNRESET: 'closed the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a self-signed certificate: give its CA',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate of an unknown CA: give its CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate of an unknown CA: give its CA',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
  ERR_CANCELED: 'did not answer in time',
  ECONNABORTED: 'did not answer in time',
};

/** Messages for certificate errors, by a part of OpenSSL's message. */
const TLS_CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /certificate required|handshake failure|bad certificate/i,
    'wants a certificate of ours: give certFile and keyFile',
  ],
  [/unknown ca/i, 'does not trust the certificate of ours: check certFile and keyFile'],
  [/wrong version number|packet length too long/i, 'does not speak TLS: write http:// in its URL'],
  [
    /PEM|key values mismatch|no start line/i,
    'cannot be asked: caFile, certFile or keyFile is no PEM that fits',
  ],
];

function causeOf(url: string, error: unknown, maxBytes: number): string {
  const message = wordsOf(error);
  if (message.includes('maxContentLength')) {
    return `gave more than ${Math.floor(maxBytes / 1024 / 1024)} MiB: select fewer series`;
  }
  const code = isAxiosError(error) ? error.code : undefined;
  const tls = TLS_CAUSES.find(([pattern]) => pattern.test(message))?.[1];
  return proxyFault(url, error) ?? CAUSES[code ?? ''] ?? tls ?? `cannot be reached: ${excerpt(message)}`;
}

/** What sends a query to an endpoint. */
function createSend({ timeoutMs = 5_000, maxBytes = 8 * 1024 * 1024 }: PrometheusOptions, access: Access) {
  const client = clientOf(maxBytes);
  return async (
    endpoint: Endpoint,
    { headers, transportFor }: Credentials,
    question: Question,
    signal: AbortSignal,
  ): Promise<Attempt> => {
    try {
      // The timeout starts here, where the query is sent.
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const how = { headers, ...transportFor(endpoint.url), signal: inTime };
      const response = await client.post<string>(endpoint.url, formOf(question), how);
      if (response.status === 401 || response.status === 403) access.refresh();
      return attemptOf(endpoint, response);
    } catch (error) {
      return failed(`${endpoint.name} ${causeOf(endpoint.url, error, maxBytes)}`);
    }
  };
}

/**
 * Reads counters from Prometheus. Equal running queries are sent once, few run at a time, and namespaces and Releases
 * take turns. If an endpoint does not answer a namespace, that namespace sends it nothing for a while, so that it
 * delays only what needs it. Throws only for an invalid URL.
 */
export function createPrometheus(options: PrometheusOptions): MetricSource {
  const { clock, shares = SHARES } = options;
  const endpoints = options.urls.map(endpointOf);
  const access = createAccess(options, clock, shares.most);
  const send = createSend(options, access);
  const limit = createFairLimit(shares);
  const breakerOf = createBreakers(() => clock.monotonic());
  const recent = createRecent();

  const read = async (
    question: Question,
    { namespace }: QueryOwner,
    signal: AbortSignal,
  ): Promise<Sample> => {
    const reasons: string[] = [];
    const credentials = await access.credentials().catch((error: Error) => error.message);
    if (typeof credentials === 'string')
      return { kind: 'providerError', message: `no credentials for Prometheus: ${credentials}` };
    for (const endpoint of endpoints) {
      const breaker = breakerOf(namespace, endpoint.name);
      const wait = breaker.waitMs();
      if (wait > 0) {
        const fault = breaker.fault();
        const last = fault === null ? '' : ` (${fault})`;
        reasons.push(`${endpoint.name} keeps failing; next try in ${Math.ceil(wait / 1_000)} s${last}`);
        continue;
      }
      const { sample, answered } = await send(endpoint, credentials, question, signal);
      signal.throwIfAborted();
      const fault = answered || sample.kind !== 'providerError' ? null : sample.message;
      breaker.note(fault === null ? null : withoutName(fault, endpoint));
      if (fault === null) return sample;
      reasons.push(fault);
    }
    return { kind: 'providerError', message: reasons.join('; ') || 'no Prometheus URL is configured' };
  };

  return {
    sample: (promql, atMs, asker = ANYBODY) => {
      const inTurn = (signal: AbortSignal): Promise<Sample> =>
        limit(asker, () => read({ promql, atMs }, asker, signal), signal);
      return recent
        .sample(promql, atMs, inTurn, asker.signal)
        .catch((error: unknown): Sample => ({ kind: 'providerError', message: wordsOf(error) }));
    },
  };
}
