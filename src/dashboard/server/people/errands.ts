import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Parts } from '../parts.ts';

/** Errands of one kind at a time; beyond them the oldest must begin again. */
const MOST = 1_000;

/** What is remembered of browsers that are on their way to another site: each value is given out once, and soon. */
export interface Errands<T> {
  /** Remembers a value, and gives the browser a cookie for it that no script can read. */
  keep(context: Context, value: T): void;
  /** The value of this browser, which is forgotten then; null if there is none, or if it took too long. */
  take(context: Context): T | null;
}

/** `sameSite` is `Lax` where the other site sends the browser back. */
export function createErrands<T>(
  { cookie, clock, isSecure }: Pick<Parts, 'cookie' | 'clock' | 'isSecure'>,
  errand: { readonly name: string; readonly seconds: number; readonly sameSite: 'Lax' | 'Strict' },
): Errands<T> {
  const name = `${cookie}-${errand.name}`;
  const kept = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    keep: (context, value) => {
      const id = randomBytes(24).toString('base64url');
      kept.set(id, { value, until: clock.now() + errand.seconds * 1_000 });
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
      setCookie(context, name, id, {
        httpOnly: true,
        sameSite: errand.sameSite,
        secure: isSecure,
        path: '/',
        maxAge: errand.seconds,
      });
    },
    take: (context) => {
      const id = getCookie(context, name) ?? '';
      const found = kept.get(id);
      kept.delete(id);
      deleteCookie(context, name, { path: '/', secure: isSecure });
      return found === undefined || found.until < clock.now() ? null : found.value;
    },
  };
}
