import { WebhookAnswer } from '../../api/analysis/webhook-metric.ts';
import type { Clock } from '../../clock.ts';
import { wordsOf } from '../../errors.ts';
import { createBreakers } from '../../http/breaker.ts';
import { createFairLimit } from '../../http/fair-limit.ts';
import type { Answer, NoAnswer, Post } from '../../http/post.ts';
import { signatureHeaders } from '../../http/signature.ts';
import type { AskWebhook, WebhookReply, WebhookRequest } from '../../ports/metric-webhook.ts';

/** Longest answer that is read, and longest message of it that is shown. */
const [MOST_BYTES, MOST_TEXT] = [64 * 1024, 500];
/** Tries for one answer, and the pause after the first of them in milliseconds; doubled each time. */
const [TRIES, PAUSE_MS] = [3, 250];
/** Questions under way at once. */
const SHARES = { most: 64, perNamespace: 16, perOwner: 4 };
const EXAMPLE = 'answer JSON such as {"verdict": "pass", "message": "…"} or {"value": 0.93}';

/** What a header can hold; a line end after it is dropped, since files often have one. */
const TOKEN = /^[\x21-\x7e]+$/;

const fault = (message: string): WebhookReply => ({ kind: 'providerError', message });

/** A text of somebody outside as one line without control characters. */
function line(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, MOST_TEXT);
}

function statusFault({ status }: Answer): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return `answered ${status}: redirects are not followed; write the URL that it leads to`;
  if (status === 401 || status === 403)
    return `answered ${status}: it refuses the request; are secret and token the same on both sides?`;
  return `answered ${status}`;
}

function jsonOf(text: string): { readonly json: unknown } | null {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** What an answer says. Nothing of a body that is none is shown: it may be anybody's page. */
function replyOf(name: string, answer: Answer): WebhookReply {
  const wrong = statusFault(answer);
  if (wrong !== null) return fault(`${name} ${wrong}`);
  const { status, type, body } = answer;
  if (body.trim() === '') return fault(`${name} answered ${status} without a body; ${EXAMPLE}`);
  const parsed = jsonOf(body);
  if (parsed === null) {
    const what = type === '' ? 'something' : (type.split(';')[0] ?? type);
    return fault(`${name} answered ${line(what).slice(0, 80)} that is no JSON; ${EXAMPLE}`);
  }
  const given = WebhookAnswer.safeParse(parsed.json);
  if (!given.success) {
    const [issue] = given.error.issues;
    const where = issue?.path.join('.') ?? '';
    return fault(
      `${name} answered JSON that is no verdict: ${where}${where === '' ? '' : ': '}${issue?.message}; ${EXAMPLE}`,
    );
  }
  const { verdict, value, message = '' } = given.data;
  if (value !== undefined) return { kind: 'value', value, message: line(message) };
  return { kind: verdict ?? 'noData', message: line(message) };
}

/** Whether another try at once may help: it could not be reached, or it is down for a moment. */
function isPassing(answer: Answer | NoAnswer): boolean {
  if ('fault' in answer) return true;
  return answer.status >= 500 || [408, 425, 429].includes(answer.status);
}

/**
 * Asks systems outside. Each request is signed; a server that does not answer is tried again a few times, and left
 * alone for a while where it keeps failing. `after` resolves after so many milliseconds.
 */
export function createAskWebhook(
  clock: Clock,
  after: (ms: number) => Promise<unknown>,
  post: Post,
): AskWebhook {
  const limit = createFairLimit(SHARES);
  const breakerOf = createBreakers(() => clock.monotonic());

  const send = ({ url, secret, token, id, body, timeoutMs }: WebhookRequest, signal: AbortSignal) => {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token.trim()}` }),
      'content-type': 'application/json; charset=utf-8',
      accept: 'application/json',
      'idempotency-key': id,
      ...signatureHeaders(secret, id, clock.now(), body),
    };
    return post(url, body, headers, { timeoutMs, maxBytes: MOST_BYTES }, signal);
  };

  return async (request, signal) => {
    const { host, origin } = new URL(request.url);
    const name = `the webhook of ${host}`;
    if (request.token !== undefined && !TOKEN.test(request.token.trim()))
      return fault(`${name} was not asked: webhook.token must be one line of visible ASCII characters`);
    const breaker = breakerOf(request.owner.namespace, origin);
    let last = 'was not asked';
    for (let tries = 1; tries <= TRIES && !signal.aborted; tries++) {
      const wait = breaker.waitMs();
      if (wait > 0)
        return fault(
          `${name} keeps failing (${breaker.fault() ?? last}); next try in ${Math.ceil(wait / 1_000)} s`,
        );
      const answer = await limit(request.owner, () => send(request, signal), signal).catch(
        (error: unknown): NoAnswer => ({ fault: wordsOf(error) }),
      );
      if (signal.aborted) break;
      if (!isPassing(answer)) {
        breaker.note(null);
        return replyOf(name, answer as Answer);
      }
      last = 'fault' in answer ? answer.fault : (statusFault(answer) ?? '');
      breaker.note(last);
      if (tries < TRIES) await after(PAUSE_MS * 2 ** (tries - 1));
    }
    return fault(`${name} ${last}${signal.aborted ? '' : `, ${TRIES} times`}`);
  };
}
