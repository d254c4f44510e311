import { createHmac } from 'node:crypto';

/** The bytes of a secret: `whsec_` and base64 as Standard Webhooks has it, or the text itself. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');
}

/**
 * Headers that prove who sent a body and when, by Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`. `at` is
 * epoch milliseconds. A receiver refuses a timestamp that is minutes off, and an id that it has already seen.
 */
export function signatureHeaders(
  secret: string,
  id: string,
  at: number,
  body: string,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
