import type { ReleaseStatus } from '../../src/api/release.ts';
import { isFinal } from '../../src/release/machine.ts';
import type { Change } from './history.ts';

/** A message as a receiver got it. */
export interface Heard {
  /** Its idempotency key: the same message sent twice has the same one. */
  readonly key: string;
  /** What it is about, in one word; for an outcome it is the phase. */
  readonly reason: string;
}

/** What a receiver needs of a request to know the message by. */
interface Request {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** The message of a request of a webhook. Throws on one that has no key or is no CloudEvent. */
export function heardIn({ headers, body }: Request): Heard {
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
  /** Key of the message that tells it. */
  readonly key: string;
}

/** The Releases that have ended, each as it was when it had. */
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

/** Whether the end of every Release that has ended is told. */
export function isTold(changes: readonly Change[], heard: readonly Heard[]): boolean {
  return endedOf(changes).every((ended) => heard.some(({ key }) => key === ended.key));
}

/**
 * What is wrong with what was told: each Release tells one outcome, in one message, and it is the one that it came to. A
 * message that comes twice with the same key is one.
 */
export function outcomeProblems(changes: readonly Change[], heard: readonly Heard[]): string[] {
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
