import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../clock.ts';
import type { Viewer } from './viewer.ts';

/** Somebody who is signed in. */
export interface Session {
  readonly viewer: Viewer;
  /** What a request that changes something must carry beside the cookie. */
  readonly csrf: string;
  /** Epoch milliseconds; null if it ends with the process. */
  readonly expiresAt: number | null;
  /** Where to send the browser after that, so that the provider ends its session, too; null for nowhere. */
  readonly leave: () => Promise<URL | null>;
  /** Ends it: streams close, and its cookie counts no more. */
  end(): void;
}

interface Stored extends Session {
  usedAt: number;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Sessions that are kept; the least recently used makes room. */
const MOST = 1_000;

/**
 * Sessions in memory: a token never leaves the process, and what ends here is over. A cookie has the id of a session
 * with a signature by a key of this process, so that forged ones are refused before anything is looked up.
 */
export class Sessions {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #key = randomBytes(32);
  readonly #stored = new Map<string, Stored>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#stored.size;
  }

  /** Begins a session; returns the value of its cookie. `expiresAt` is epoch milliseconds. */
  begin(
    make: (signal: AbortSignal) => Viewer,
    expiresAt: number | null,
    leave: Session['leave'] = async () => null,
  ): { readonly cookie: string; readonly session: Session } {
    const id = randomBytes(24).toString('base64url');
    const ended = new AbortController();
    const left = expiresAt === null ? null : expiresAt - this.#clock.now();
    const end = (): void => {
      const stored = this.#stored.get(id);
      clearTimeout(stored?.timer);
      this.#stored.delete(id);
      ended.abort();
    };
    const timer = left === null ? undefined : setTimeout(end, Math.max(0, left)).unref();
    const csrf = this.#sign(`csrf ${id}`);
    const usedAt = this.#clock.now();
    const session = { viewer: make(ended.signal), csrf, expiresAt, leave, end, timer, usedAt };
    this.#stored.set(id, session);
    this.#makeRoom();
    return { cookie: `${id}.${this.#sign(id)}`, session };
  }

  /** The session of a cookie; null if it is forged, ended or unknown. */
  find(cookie: string | undefined): Session | null {
    const [id = '', signature = ''] = (cookie ?? '').split('.');
    if (!isSame(signature, this.#sign(id))) return null;
    const stored = this.#stored.get(id);
    if (stored === undefined) return null;
    stored.usedAt = this.#clock.now();
    return stored;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  #makeRoom(): void {
    if (this.#stored.size <= MOST) return;
    const [oldest] = [...this.#stored.values()].toSorted((a, b) => a.usedAt - b.usedAt);
    oldest?.end();
  }
}

/** Whether two texts are the same, in a time that does not depend on where they differ. */
export function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
