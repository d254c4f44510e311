import { cookieOf, isCookieOfOurs, isSetCookie, SET_COOKIE } from '../../chosen/sticky.ts';
import type { StickyClients } from '../../goal.ts';
import { asObject, type Json } from '../../json.ts';

/** Headers that a destination adds to its answers. */
const addedBy = (destination: Json): Json =>
  asObject(asObject(asObject(destination['headers'])['response'])['add']);

/** Whether a destination of the user sets a cookie itself: it can add one header of a name. */
export function setsCookie(destination: Json): boolean {
  return Object.keys(addedBy(withoutCookie(destination))).some(isSetCookie);
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
  if (!isCookieOfOurs(cookie)) return destination;
  const headers = asObject(destination['headers']);
  const response = without(asObject(headers['response']), 'add', add);
  return without(destination, 'headers', without(headers, 'response', response));
}
