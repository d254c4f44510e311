import type { StickyClients } from '../goal.ts';

/** A group of clients: its part of all, what its cookie says, and where it is. */
export interface Group {
  /** Percent. */
  readonly size: number;
  /** The weight from which on it is the canary's. */
  readonly from: number;
  readonly isCanary: boolean;
}

/**
 * The groups into which new clients are divided at a weight. A weight between two thresholds divides the group around it:
 * those who meet the canary first keep it, so they count to the group before.
 */
export function groupsAt({ thresholds }: StickyClients, weight: number): readonly Group[] {
  const bounds = [0, ...thresholds.filter((one) => one < 100), 100];
  return bounds.slice(1).flatMap((to, index): Group[] => {
    const from = bounds[index] ?? 0;
    if (to <= weight) return [{ size: to - from, from: to, isCanary: true }];
    if (from >= weight) return [{ size: to - from, from: to, isCanary: false }];
    return [
      { size: weight - from, from, isCanary: true },
      { size: to - weight, from: to, isCanary: false },
    ];
  });
}

/** Name of the header of our cookie. */
export const SET_COOKIE = 'Set-Cookie';

/** Our cookie, as a header has it. Its value is `HASH.FROM`, so that a cookie of another release has no effect. */
export function cookieOf({ cookie, seconds }: StickyClients, hash: string, from: number): string {
  return `${cookie}=${hash}.${from}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;
}

const OURS = /^[^=;]+=[a-z0-9]+\.[0-9]+; Path=\/; Max-Age=[0-9]+; HttpOnly; SameSite=Lax$/;

/** Whether a value of `Set-Cookie` is ours, of whichever release. */
export function isCookieOfOurs(value: unknown): boolean {
  return typeof value === 'string' && OURS.test(value);
}

/** Whether a header is the one by which cookies are set. */
export function isSetCookie(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === SET_COOKIE.toLowerCase();
}

/** RE2 for the cookies of groups of the canary, or of stable, at a weight. */
export function cookieValues(
  { thresholds }: StickyClients,
  hash: string,
  weight: number,
): { readonly canary: string; readonly stable: string } {
  const all = [0, ...thresholds];
  const values = (list: readonly number[]): string => `${hash}[.](${list.join('|')})`;
  return {
    canary: values(all.filter((one) => one <= weight)),
    stable: values(all.filter((one) => one > weight)),
  };
}
