import type { Context } from 'hono';
import { type SSEMessage, streamSSE } from 'hono/streaming';
import type { Problem } from '../../api/problem.ts';
import { problemOf } from '../fault.ts';
import { RIGHTS_MS } from '../people/rights.ts';
import type { Session } from '../people/sessions.ts';

/** What is sent over a stream. */
export interface Source {
  /** What has changed since the last call; called at most once a second. */
  poll(): readonly SSEMessage[];
  /**
   * Whether the person may still see it, asked once a minute: `renew` closes the stream, so that the page asks for what
   * it may see by then. Rejects with what the page is to show in its place.
   */
  check(): Promise<'same' | 'renew'>;
  release(): void;
}

/** Limits of streams; a page that is hidden closes its own. */
export interface StreamLimits {
  /** Streams at once, of all and of one session. */
  readonly all: number;
  readonly perSession: number;
}

const EVERY_MS = 1_000;
/** A comment is sent this often, so that proxies keep a silent stream, and its end is noticed. */
const COMMENT_MS = 20_000;
/** A client that takes nothing for so long is gone. */
const STUCK_MS = 30_000;
/** When the browser connects again, in milliseconds. */
const RETRY_MS = 2_000;

/** Counts the streams that are open. */
export class Streams {
  readonly #limits: StreamLimits;
  readonly #open = new Map<Session, number>();
  #count = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes a place; null if there is none. The returned function gives it back. */
  take(session: Session): (() => void) | null {
    const own = this.#open.get(session) ?? 0;
    if (this.#count >= this.#limits.all || own >= this.#limits.perSession) return null;
    this.#count += 1;
    this.#open.set(session, own + 1);
    return () => {
      this.#count -= 1;
      const left = (this.#open.get(session) ?? 1) - 1;
      if (left === 0) this.#open.delete(session);
      else this.#open.set(session, left);
    };
  }
}

const ended = (problem: Problem): SSEMessage => ({ event: 'ended', data: JSON.stringify(problem) });

const SIGNED_OUT: Problem = { code: 'signedOut', message: 'the session has ended', next: ['sign in again'] };

/** Sends a source to a client until either ends. */
export function streamOf(
  context: Context,
  session: Session,
  source: Source,
  clock: { monotonic(): number },
): Response {
  const { signal } = session.viewer;
  const answer = streamSSE(context, async (stream) => {
    const left = new AbortController();
    stream.onAbort(() => left.abort());
    const send = async (message: SSEMessage | string): Promise<void> => {
      const stuck = setTimeout(() => stream.abort(), STUCK_MS);
      try {
        await (typeof message === 'string' ? stream.write(message) : stream.writeSSE(message));
      } finally {
        clearTimeout(stuck);
      }
    };
    let [saidAt, checkedAt] = [clock.monotonic(), clock.monotonic()];
    try {
      await send(`retry: ${RETRY_MS}\n\n`);
      while (!left.signal.aborted && !signal.aborted) {
        const messages = source.poll();
        for (const message of messages) await send(message);
        if (messages.length > 0) saidAt = clock.monotonic();
        else if (clock.monotonic() - saidAt > COMMENT_MS) {
          await send(': \n\n');
          saidAt = clock.monotonic();
        }
        if (clock.monotonic() - checkedAt > RIGHTS_MS) {
          checkedAt = clock.monotonic();
          if ((await source.check()) === 'renew') return;
        }
        await pause(EVERY_MS, AbortSignal.any([left.signal, signal]));
      }
      if (signal.aborted) await send(ended(SIGNED_OUT));
    } catch (error) {
      const problem = problemOf(error, '');
      // While the API server is away, what is known stays on the page, with its age.
      if (problem === null) throw error;
      if (problem.code !== 'unavailable') await send(ended(problem));
    } finally {
      source.release();
    }
  });
  return answer;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
