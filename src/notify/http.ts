import { SluiceError } from '../errors.ts';

/** What a receiver has answered to a message that it has taken. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Longest time for one request, and longest answer that is read. */
export interface HttpLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export const LIMITS: HttpLimits = { timeoutMs: 10_000, maxBytes: 64 * 1024 };

const failed = (message: string, retry: SluiceError['retry'] = 'backoff'): SluiceError =>
  new SluiceError(retry === 'terminal' ? 'NOTIFICATION_REFUSED' : 'NOTIFICATION_FAILED', message, { retry });

/** Milliseconds that a `Retry-After` asks for: seconds or a date; 0 where it does not say. */
function retryAfterMs(value: unknown, now: number): number {
  if (typeof value !== 'string' || value.trim() === '') return 0;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 3_600_000) : 0;
}

/** Why an answer is none that a message was taken with; null where it is one. */
function faultOf(name: string, status: number, retryAfter: unknown): SluiceError | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return failed(
      `${name} answered ${status}: redirects are not followed; write the URL that it leads to`,
      'terminal',
    );
  if (status === 429 || status === 503) {
    const afterMs = retryAfterMs(retryAfter, Date.now());
    return failed(`${name} answered ${status}`, afterMs > 0 ? { afterMs } : 'backoff');
  }
  const isPassing = status >= 500 || status === 408 || status === 425;
  return failed(`${name} answered ${status}`, isPassing ? 'backoff' : 'terminal');
}

/**
 * Sends a body by POST. Redirects are not followed, so that a signature is never sent where nobody has written. Errors
 * name the receiver as `name`, never its URL, which may be a secret.
 */
export async function post(
  name: string,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  { timeoutMs, maxBytes }: HttpLimits = LIMITS,
): Promise<Answer> {
  const { create, isAxiosError } = await import('axios');
  const answer = await create()
    .request<string>({
      method: 'POST',
      url,
      data: body,
      headers: { 'user-agent': 'sluice', ...headers },
      maxRedirects: 0,
      maxContentLength: maxBytes,
      proxy: false,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
      signal: AbortSignal.timeout(timeoutMs),
    })
    .catch((error: unknown): never => {
      if (isAxiosError(error) && error.code === 'ERR_CANCELED')
        throw failed(`${name} did not answer within ${timeoutMs / 1_000} s`);
      const code = isAxiosError(error) ? (error.code ?? 'no code') : 'no code';
      throw failed(`${name} cannot be reached: ${code}`);
    });
  const fault = faultOf(name, answer.status, answer.headers['retry-after']);
  if (fault !== null) throw fault;
  return {
    status: answer.status,
    type: String(answer.headers['content-type'] ?? ''),
    body: answer.data ?? '',
  };
}
