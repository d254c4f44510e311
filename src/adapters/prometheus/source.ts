import { type AxiosInstance, type AxiosResponse, create } from 'axios';
import type { Sample } from '../../analysis/evidence/sample.ts';
import type { Clock } from '../../clock.ts';
import { wordsOf } from '../../errors.ts';
import { createBreakers } from '../../http/breaker.ts';
import { createFairLimit, type Shares } from '../../http/fair-limit.ts';
import type { MetricSource, QueryOwner } from '../../ports/metric-source.ts';
import type { Past, Span } from '../../ports/past.ts';
import { type Access, type AccessOptions, type Credentials, createAccess } from './access.ts';
import { excerpt, sampleOf } from './answer.ts';
import { causeOf, STATUS_HINTS } from './faults.ts';
import { pastOf } from './past.ts';
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
interface Attempt<T extends Answer> {
  readonly answer: T | Failure;
  readonly answered: boolean;
}

type Answer = Sample | Past;
type Failure = Extract<Answer, { kind: 'providerError' }>;

const failed = (message: string): Attempt<never> => ({
  answer: { kind: 'providerError', message },
  answered: false,
});

function endpointOf(url: string): Endpoint {
  const { origin, pathname } = new URL(url);
  const name = `${origin}${pathname}`.replace(/\/+$/, '');
  return { url: url.replace(/\/+$/, ''), name };
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

/** A query, and how its answer is read. */
interface Question<T extends Answer> {
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly read: (body: unknown) => T;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

/** VictoriaMetrics hides the last 30 s by default; others ignore the parameter. */
function atTime(promql: string, atMs: number): Question<Sample> {
  const form = { query: promql, time: seconds(atMs), latency_offset: '1ms' };
  return { path: '/api/v1/query', form, read: sampleOf };
}

function overTime(promql: string, span: Span): Question<Past> {
  const { startMs, stepMs, count } = span;
  const end = seconds(startMs + stepMs * (count - 1));
  const form = { query: promql, start: seconds(startMs), end, step: seconds(stepMs) };
  return { path: '/api/v1/query_range', form, read: (body) => pastOf(body, span) };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function attemptOf<T extends Answer>(
  { name }: Endpoint,
  { status, headers, data }: AxiosResponse<string>,
  read: Question<T>['read'],
): Attempt<T> {
  if (status >= 300 && status < 400) {
    // The part after the path may be a token of a login page.
    const target = excerpt(String(headers['location'] ?? 'elsewhere').replace(/[?#].*$/, ''));
    return failed(`${name} redirects to ${target}, which is not followed: give the final URL`);
  }
  const body = parsedJson(data);
  const ofPrometheus = typeof body === 'object' && body !== null && 'status' in body;
  if (ofPrometheus && (status === 200 || status === 400 || status === 422))
    return { answer: read(body), answered: true };
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

const unanswered = (error: unknown): Failure => ({ kind: 'providerError', message: wordsOf(error) });

/** What sends a query to an endpoint. */
function createSend({ timeoutMs = 5_000, maxBytes = 8 * 1024 * 1024 }: PrometheusOptions, access: Access) {
  const client = clientOf(maxBytes);
  return async <T extends Answer>(
    endpoint: Endpoint,
    { headers, transportFor }: Credentials,
    { path, form, read }: Question<T>,
    signal: AbortSignal,
  ): Promise<Attempt<T>> => {
    try {
      // The timeout starts here, where the query is sent.
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const how = { headers, ...transportFor(endpoint.url), signal: inTime };
      const response = await client.post<string>(`${endpoint.url}${path}`, new URLSearchParams(form), how);
      if (response.status === 401 || response.status === 403) access.refresh();
      return attemptOf(endpoint, response, read);
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

  const read = async <T extends Answer>(
    question: Question<T>,
    { namespace }: QueryOwner,
    signal: AbortSignal,
  ): Promise<T | Failure> => {
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
      const { answer, answered } = await send(endpoint, credentials, question, signal);
      signal.throwIfAborted();
      const fault = answered || answer.kind !== 'providerError' ? null : answer.message;
      breaker.note(fault === null ? null : withoutName(fault, endpoint));
      if (fault === null) return answer;
      reasons.push(fault);
    }
    return { kind: 'providerError', message: reasons.join('; ') || 'no Prometheus URL is configured' };
  };

  const inTurn = <T extends Answer>(
    question: Question<T>,
    asker: QueryOwner,
    signal: AbortSignal,
  ): Promise<T | Failure> => limit(asker, () => read(question, asker, signal), signal);

  return {
    sample: (promql, atMs, asker = ANYBODY) =>
      recent
        .sample(promql, atMs, (signal) => inTurn(atTime(promql, atMs), asker, signal), asker.signal)
        .catch(unanswered),
    past: (promql, span, asker = ANYBODY) =>
      inTurn(overTime(promql, span), asker, asker.signal ?? new AbortController().signal).catch(unanswered),
  };
}
