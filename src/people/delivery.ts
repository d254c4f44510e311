import type { Delivery, Message } from '../api/release/message.ts';
import type { Release } from '../api/release/release.ts';
import { SluiceError } from '../errors.ts';
import type { Target } from '../ports/notifier.ts';
import { wants } from './recipients.ts';

/** Tries of a message, and the pause between them. */
export interface Patience {
  readonly attempts: number;
  /** Between the first and the second try, milliseconds; doubled each time. */
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Ten tries over about an hour. */
export const PATIENCE: Patience = { attempts: 10, firstMs: 5_000, mostMs: 15 * 60_000 };

/** The initial state of a receiver. */
export function deliveryOf({ status }: Release, to: string): Delivery {
  return status?.deliveries?.find((one) => one.to === to) ?? { to, seq: 0, delivered: 0, failed: 0 };
}

/** The pending messages of a receiver, oldest first. */
export function pendingOf(release: Release, target: Target, { seq }: Delivery): readonly Message[] {
  const { messages = [], waitingFor } = release.status ?? {};
  return messages.filter((one) => one.seq > seq && wants(target, one, waitingFor !== undefined));
}

/** The state after a message was accepted. */
export function delivered(before: Delivery, { seq }: Message, ref: string | undefined): Delivery {
  const { attempts: _tries, retryAt: _retry, error: _error, ...rest } = before;
  return { ...rest, seq, delivered: before.delivered + 1, ...(ref === undefined ? {} : { ref }) };
}

/** Why a try failed, for people. Of an unexpected error only the name is shown: it may contain secrets. */
function whyOf(error: unknown): string {
  if (error instanceof SluiceError) return error.message.slice(0, 500);
  return error instanceof Error ? `unexpected ${error.name}` : 'unexpected error';
}

function waitMs(error: unknown, attempts: number, { firstMs, mostMs }: Patience): number {
  const asked = error instanceof SluiceError && typeof error.retry === 'object' ? error.retry.afterMs : 0;
  return Math.max(asked, Math.min(mostMs, firstMs * 2 ** (attempts - 1)));
}

/** The state after a failed try: another is due, or the message has failed for good. */
export function failedTry(
  before: Delivery,
  { seq }: Message,
  error: unknown,
  { now, patience }: { readonly now: number; readonly patience: Patience },
): Delivery {
  const attempts = (before.attempts ?? 0) + 1;
  const why = whyOf(error);
  const isRefused = error instanceof SluiceError && error.retry === 'terminal';
  const { attempts: _tries, retryAt: _retry, ...rest } = before;
  if (isRefused || attempts >= patience.attempts)
    return {
      ...rest,
      seq,
      failed: before.failed + 1,
      error:
        `message ${seq} failed for good after ${attempts} ${attempts === 1 ? 'try' : 'tries'}: ${why}`.slice(
          0,
          512,
        ),
    };
  const retryAt = new Date(now + waitMs(error, attempts, patience)).toISOString();
  return { ...rest, attempts, retryAt, error: why };
}

/** The state in which all messages are settled, if nothing is left to send. */
export function settledAt(release: Release, target: Target, before: Delivery): Delivery {
  const newest = release.status?.messages?.at(-1)?.seq ?? 0;
  return pendingOf(release, target, before).length === 0
    ? { ...before, seq: Math.max(before.seq, newest) }
    : before;
}
