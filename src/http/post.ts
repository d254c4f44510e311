import { createTransports, proxyFault, type Transport } from './outgoing/agents.ts';
import { checkUrl, guardedLookup, refusalOf, type Targets } from './outgoing/targets.ts';

/** The answer of a server, with any status. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly retryAfter: unknown;
}

/** Timeout of a request, and maximum size of its answer. */
export interface HttpLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export const LIMITS: HttpLimits = { timeoutMs: 10_000, maxBytes: 64 * 1024 };

/** Why there is no answer, as a clause after the name of the server. */
export interface NoAnswer {
  readonly fault: string;
}

/** Sends a body by POST. Names neither the URL nor the body, which may be secrets. */
export type Post = (
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  limits?: HttpLimits,
  signal?: AbortSignal,
) => Promise<Answer | NoAnswer>;

interface Sending {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: HttpLimits;
  readonly signal: AbortSignal;
  readonly transport: Transport;
}

async function send({ url, body, headers, limits, signal, transport }: Sending): Promise<Answer> {
  const { create } = await import('axios');
  const {
    status,
    headers: given,
    data,
  } = await create().request<string>({
    method: 'POST',
    url,
    data: body,
    headers: { 'user-agent': 'sluice', ...headers },
    maxRedirects: 0,
    maxContentLength: limits.maxBytes,
    ...transport,
    responseType: 'text',
    transformResponse: (text: unknown) => text,
    validateStatus: () => true,
    signal,
  });
  return {
    status,
    type: String(given['content-type'] ?? ''),
    body: data ?? '',
    retryAfter: given['retry-after'],
  };
}

/** Why there is no answer. */
function faultOf(url: string, error: unknown, { maxBytes }: HttpLimits): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (String(message).includes('maxContentLength'))
    return `answered more than ${Math.floor(maxBytes / 1024)} KiB`;
  const unreachable = `cannot be reached: ${typeof code === 'string' ? code : 'no code'}`;
  return refusalOf(error) ?? proxyFault(url, error) ?? unreachable;
}

/**
 * Creates a client that posts to allowed `targets`, through the proxy of the environment if there is one. Redirects are
 * not followed, so that a signature never reaches an unnamed server, and the size of the answer is limited.
 */
export function createPost(targets: Targets): Post {
  const transportFor = createTransports({ keepAlive: true }, guardedLookup(targets));
  return async (url, body, headers, limits = LIMITS, signal) => {
    const late = AbortSignal.timeout(limits.timeoutMs);
    const any = signal === undefined ? late : AbortSignal.any([late, signal]);
    try {
      checkUrl(targets, url);
      return await send({ url, body, headers, limits, signal: any, transport: transportFor(url) });
    } catch (error) {
      if (late.aborted) return { fault: `did not answer within ${limits.timeoutMs / 1_000} s` };
      return { fault: faultOf(url, error, limits) };
    }
  };
}
