import type { StickyClients } from '../../goal.ts';
import { asObject, type Json } from '../../json.ts';

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

/** Attributes of our cookie. Its value is `HASH.FROM`, so that a cookie of another release has no effect. */
const cookieOf = ({ cookie, seconds }: StickyClients, hash: string, from: number): string =>
  `${cookie}=${hash}.${from}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;
const OURS = /^[^=;]+=[a-z0-9]+\.[0-9]+; Path=\/; Max-Age=[0-9]+; HttpOnly; SameSite=Lax$/;

const SET_COOKIE = 'Set-Cookie';

/** Headers that a destination adds to its answers. */
const addedBy = (destination: Json): Json =>
  asObject(asObject(asObject(destination['headers'])['response'])['add']);

/** Whether a destination of the user sets a cookie itself: it can add one header of a name. */
export function setsCookie(destination: Json): boolean {
  return Object.keys(addedBy(withoutCookie(destination))).some((name) => name.toLowerCase() === 'set-cookie');
}

/** A destination that gives its clients the cookie of a group. */
export function withCookie(destination: Json, sticky: StickyClients, hash: string, from: number): Json {
  const headers = asObject(destination['headers']);
  const response = asObject(headers['response']);
  const add = { ...addedBy(destination), [SET_COOKIE]: cookieOf(sticky, hash, from) };
  return { ...destination, headers: { ...headers, response: { ...response, add } } };
}

function without(object: Json, key: string, inner: Json): Json {
  const { [key]: _old, ...rest } = object;
  return Object.keys(inner).length === 0 ? rest : { ...rest, [key]: inner };
}

/** A destination without our cookie. */
export function withoutCookie(destination: Json): Json {
  const { [SET_COOKIE]: cookie, ...add } = addedBy(destination);
  if (typeof cookie !== 'string' || !OURS.test(cookie)) return destination;
  const headers = asObject(destination['headers']);
  const response = without(asObject(headers['response']), 'add', add);
  return without(destination, 'headers', without(headers, 'response', response));
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
