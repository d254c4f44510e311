import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ApprovalDecision, GateRef, Links } from '../../ports/decision.ts';

/** The content of a link: the Release by name and uid, the gate, the decision, and when it expires. */
const Payload = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.enum(['approve', 'reject']),
  z.int().min(0),
]);

/** A valid link, or why it is invalid. */
export type Opened =
  | { readonly subject: GateRef; readonly decision: ApprovalDecision['decision']; readonly ticket: string }
  | { readonly refused: string };

function macOf(key: string, payload: string): Buffer {
  return createHmac('sha256', key).update(`sluice-link-v1.${payload}`).digest();
}

/** The text of a link: its content and our signature. `expires` is epoch milliseconds. */
export function sealLink(
  key: string,
  subject: GateRef,
  decision: ApprovalDecision['decision'],
  expires: number,
): string {
  const { namespace, release, uid, gate } = subject;
  const bound = [namespace, release, uid, gate, decision, Math.floor(expires / 1_000)];
  const payload = Buffer.from(JSON.stringify(bound)).toString('base64url');
  return `${payload}.${macOf(key, payload).toString('base64url')}`;
}

/** Verifies a link. The signature is checked before anything else is read. */
export function openLink(key: string, token: string, now: number): Opened {
  const [payload = '', mac = '', ...more] = token.split('.');
  const expected = macOf(key, payload);
  const given = Buffer.from(mac, 'base64url');
  if (more.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
    return { refused: 'this link is not one of ours, or its key has been changed since' };
  const parsed = Payload.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  if (!parsed.success) return { refused: 'this link is of another version' };
  const [namespace, release, uid, gate, decision, expires] = parsed.data;
  if (now >= expires * 1_000)
    return { refused: `this link has expired (${new Date(expires * 1_000).toISOString()})` };
  const ticket = expected.toString('hex').slice(0, 32);
  return { subject: { namespace, release, uid, gate }, decision, ticket };
}

/** Creates links below the public address of the controller; without one there are none. */
export function createLinks(baseUrl: string | undefined, key: () => Promise<string>): Links {
  return {
    link: async (subject, decision, expires) => {
      if (baseUrl === undefined) return null;
      return `${baseUrl.replace(/\/+$/, '')}/decide/${sealLink(await key(), subject, decision, expires)}`;
    },
  };
}
