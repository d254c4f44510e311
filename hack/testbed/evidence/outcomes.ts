import type { ReleaseStatus } from '../../../src/api/release/release.ts';
import { isFinal } from '../../../src/release/machine.ts';
import type { Change } from './history.ts';

/** A message as a receiver got it. */
export interface DeliveredMessage {
  /** Its idempotency key: the same message sent twice has the same one. */
  readonly key: string;
  /** Its subject in one word; for an outcome, the phase. */
  readonly reason: string;
}

/** The part of a request that identifies the message. */
interface Request {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** The message in a request to a webhook. Throws if it has no key or is not a CloudEvent. */
export function deliveredIn({ headers, body }: Request): DeliveredMessage {
  const key = headers['idempotency-key'];
  const { data } = JSON.parse(body) as { data: { reason: string } };
  if (typeof key !== 'string') throw new TypeError('a message came without an idempotency key');
  return { key, reason: data.reason };
}

const isOutcome = (reason: string): boolean =>
  ['Promoted', 'Aborted', 'Superseded', 'Cancelled'].includes(reason);

interface Ended {
  readonly name: string;
  /** The phase that it ended in. */
  readonly phase: string;
  /** Key of the message about it. */
  readonly key: string;
}

/** The Releases that have ended, each as it was at its end. */
function endedOf(changes: readonly Change[]): Ended[] {
  const ends = new Map<string, Ended>();
  for (const { kind, object } of changes) {
    if (kind !== 'Release') continue;
    const { phase = 'Pending', messages = [] } = (object['status'] ?? {}) as Partial<ReleaseStatus>;
    const { uid = '', name } = object.metadata;
    const seq = messages.findLast(({ reason }) => reason === phase)?.seq;
    if (isFinal(phase) && !ends.has(uid)) ends.set(uid, { name, phase, key: `${uid}/${seq}` });
  }
  return [...ends.values()];
}

/** Whether the end of every ended Release has been delivered. */
export function isReported(changes: readonly Change[], heard: readonly DeliveredMessage[]): boolean {
  return endedOf(changes).every((ended) => heard.some(({ key }) => key === ended.key));
}

/**
 * What is wrong with the messages: each Release reports one outcome, in one message, and it is the actual one. A
 * message that arrives twice with the same key counts once.
 */
export function outcomeProblems(changes: readonly Change[], heard: readonly DeliveredMessage[]): string[] {
  const reasons = new Map<string, Set<string>>();
  for (const { key, reason } of heard) reasons.set(key, (reasons.get(key) ?? new Set()).add(reason));
  const mixed = [...reasons].filter(([, { size }]) => size > 1).map(([key]) => `${key} was two messages`);
  const outcomes = [...reasons].filter(([, about]) => [...about].some(isOutcome));
  const wrong = endedOf(changes).flatMap(({ name, phase, key }) => {
    const [uid] = key.split('/');
    const told = outcomes.filter(([one]) => one.startsWith(`${uid}/`));
    if (told.length === 1 && told[0]?.[0] === key && told[0][1].has(phase)) return [];
    const words = told.map(([one, about]) => `${[...about].join('+')} (${one})`);
    return [`Release ${name} ended as ${phase} (${key}) and told ${words.join(', ') || 'nothing'}`];
  });
  return [...mixed, ...wrong];
}
