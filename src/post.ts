import { createTransports, proxyFault } from './outgoing/agents.ts';

/** What a server has answered, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly retryAfter: unknown;
}

/** Longest time for one request, and longest answer that is read. */
export interface HttpLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export const LIMITS: HttpLimits = { timeoutMs: 10_000, maxBytes: 64 * 1024 };

const transportFor = createTransports({ keepAlive: true });

/** Why there is no answer, as a clause that follows the name of the server. */
export interface NoAnswer {
  readonly fault: string;
}

/**
 * Sends a body by POST, through the proxy of the environment where there is one. Redirects are not followed, so that a
 * signature is never sent where nobody has written, and only so much of the answer is read. Names neither the URL nor
 * the body, which may be secrets.
 */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  { timeoutMs, maxBytes }: HttpLimits = LIMITS,
  signal?: AbortSignal,
): Promise<Answer | NoAnswer> {
  const { create, isAxiosError } = await import('axios');
  const late = AbortSignal.timeout(timeoutMs);
  return create()
    .request<string>({
      method: 'POST',
      url,
      data: body,
      headers: { 'user-agent': 'sluice', ...headers },
      maxRedirects: 0,
      maxContentLength: maxBytes,
      ...transportFor(url),
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
      signal: signal === undefined ? late : AbortSignal.any([late, signal]),
    })
    .then(
      ({ status, headers: given, data }): Answer => ({
        status,
        type: String(given['content-type'] ?? ''),
        body: data ?? '',
        retryAfter: given['retry-after'],
      }),
      (error: unknown): NoAnswer => {
        if (late.aborted) return { fault: `did not answer within ${timeoutMs / 1_000} s` };
        if (error instanceof Error && error.message.includes('maxContentLength'))
          return { fault: `answered more than ${Math.floor(maxBytes / 1024)} KiB` };
        const code = isAxiosError(error) ? (error.code ?? 'no code') : 'no code';
        return { fault: proxyFault(url, error) ?? `cannot be reached: ${code}` };
      },
    );
}
