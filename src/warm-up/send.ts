import { Agent, request } from 'undici';
import type { WarmUpRequest } from '../reconcile/ports.ts';

/** Bytes of an answer that are read; what it says does not matter. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Makes the sender of warm-up requests. It follows no redirect, and throws an `Error` that says what went wrong where
 * the answer is not one of success or is not wholly there in time.
 */
export function createWarmUpSender(): (warmUp: WarmUpRequest) => Promise<void> {
  const dispatcher = new Agent({ keepAliveTimeout: 1_000, maxResponseSize: MOST_BYTES });
  return async ({ url, method, body, contentType, timeoutMs }) => {
    const response = await request(url, {
      dispatcher,
      method,
      headers: { 'user-agent': 'sluice', ...(body === undefined ? {} : { 'content-type': contentType }) },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(timeoutMs),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    await response.body.dump({ limit: MOST_BYTES });
    const { statusCode } = response;
    if (statusCode < 200 || statusCode >= 300) throw new Error(`HTTP ${statusCode}`);
  };
}
