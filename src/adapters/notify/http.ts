import { SluiceError } from '../../errors.ts';
import type { Answer, HttpLimits, Post } from '../../http/post.ts';

const failed = (message: string, retry: SluiceError['retry'] = 'backoff'): SluiceError =>
  new SluiceError(retry === 'terminal' ? 'NOTIFICATION_REFUSED' : 'NOTIFICATION_FAILED', message, { retry });

/** Milliseconds of a `Retry-After`: seconds or a date; 0 without one. */
function retryAfterMs(value: unknown, now: number): number {
  if (typeof value !== 'string' || value.trim() === '') return 0;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 3_600_000) : 0;
}

/** Why an answer does not accept the message; null if it does. */
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
 * Sends a body by POST; rejects if it is not accepted. Errors name the receiver as `name`, never its URL, which may be
 * a secret.
 */
export async function tell(
  post: Post,
  name: string,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  limits?: HttpLimits,
): Promise<Answer> {
  const answer = await post(url, body, headers, limits);
  if ('fault' in answer) throw failed(`${name} ${answer.fault}`);
  const fault = faultOf(name, answer.status, answer.retryAfter);
  if (fault !== null) throw fault;
  return answer;
}
