import { Agent, type Dispatcher, request } from 'undici';
import { checkUrl, type Targets } from '../../http/outgoing/targets.ts';

/** A request to the address of a pod. */
interface Question {
  readonly url: string;
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Timeout for the connection, the headers and the body of the answer together. */
  readonly timeoutMs: number;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
}

/**
 * Creates the sender of requests to pods. It follows no redirect and keeps no connection for long, since pods come and
 * go. An answer that is late or too long fails the request, or the reading of its body, with an `Error`.
 */
export function createPodRequest(
  mostBytes: number,
  targets: Targets,
): (question: Question) => Promise<Dispatcher.ResponseData> {
  const dispatcher = new Agent({ keepAliveTimeout: 1_000, maxResponseSize: mostBytes });
  return async ({ url, method, headers, body, timeoutMs, signal }) => {
    checkUrl(targets, url);
    const late = AbortSignal.timeout(timeoutMs);
    return request(url, {
      dispatcher,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  };
}
