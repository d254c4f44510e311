import { Agent, request } from 'undici';
import type { AskPod } from '../reconcile/ports.ts';

/** Bytes of an answer that are read. One that is longer is no answer. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Makes what asks pods. It follows no redirect, and throws an `Error` that says what went wrong where the answer is not
 * wholly there in time.
 */
export function createAskPod(): AskPod {
  const dispatcher = new Agent({ keepAliveTimeout: 1_000, maxResponseSize: MOST_BYTES });
  return async ({ url, method, body, headers, timeoutMs, signal }) => {
    const began = performance.now();
    const response = await request(url, {
      dispatcher,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: text, ms: performance.now() - began };
  };
}
