import { z } from 'zod';
import { SluiceError } from '../../errors.ts';
import type { Answer, HttpLimits, Post } from '../../http/post.ts';
import { signatureHeaders } from '../../http/signature.ts';
import type { Receipt } from '../../ports/notifier.ts';
import { cloudEvent } from './cloud-event.ts';
import { tell } from './http.ts';
import type { Send } from './send.ts';

/** The answer of a system that decides at once. */
const Decision = z.object({
  decision: z.enum(['approve', 'reject']),
  by: z.string().trim().min(1).max(200),
  reason: z.string().max(1_000).optional(),
});

/**
 * The decision in an answer. Without a JSON object that has a `decision` there is none: an empty body, an HTML page,
 * some other receipt. An invalid decision is refused with the reason.
 */
function decisionOf(name: string, { type, body }: Pick<Answer, 'type' | 'body'>): Receipt['decision'] {
  if (!type.includes('json')) return undefined;
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof given !== 'object' || given === null || !('decision' in given)) return undefined;
  const parsed = Decision.safeParse(given);
  if (parsed.success) {
    const { decision, by, reason } = parsed.data;
    return { decision, who: by, ...(reason === undefined ? {} : { reason }) };
  }
  const issue = parsed.error.issues[0];
  throw new SluiceError(
    'NOTIFICATION_REFUSED',
    `${name} answered a decision that is none: ${issue?.path.join('.')}: ${issue?.message}; answer {"decision": "approve" or "reject", "by": who}`,
    { retry: 'terminal' },
  );
}

/** Sends CloudEvents, signed. */
export function createWebhook(post: Post, limits?: HttpLimits): Send<'webhook'> {
  return async ({ receiver, target, message, secrets, clock }) => {
    const secret = await secrets.read(message.namespace, receiver.secret);
    const name = `the webhook of ${new URL(receiver.url).host}`;
    const body = JSON.stringify(cloudEvent(message));
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'idempotency-key': message.id,
      ...signatureHeaders(secret, message.id, clock.now(), body),
    };
    const answer = await tell(post, name, receiver.url, body, headers, limits);
    const decision = target.asks ? decisionOf(name, answer) : undefined;
    return decision === undefined ? {} : { decision };
  };
}
