import { cookieOf, isCookieOfOurs, isSetCookie, SET_COOKIE } from '../../chosen/sticky.ts';
import type { StickyClients } from '../../goal.ts';
import { asObject, asObjects, type Json } from '../../json.ts';
import { withFilters } from './own-rule.ts';

const TYPE = 'ResponseHeaderModifier';

const isModifier = ({ type }: Json): boolean => type === TYPE;
const modifierOf = ({ responseHeaderModifier }: Json): Json => asObject(responseHeaderModifier);

/** Whether a filter of the user's sets, adds or removes cookies. */
function changesCookies(filter: Json): boolean {
  if (!isModifier(filter)) return false;
  const { set, add, remove } = modifierOf(filter);
  const named = [...asObjects(set), ...asObjects(add)].filter(({ value }) => !isCookieOfOurs(value));
  const removed = Array.isArray(remove) ? remove : [];
  return named.some(({ name }) => isSetCookie(name)) || removed.some(isSetCookie);
}

/** Whether a rule, or one of its backends, changes the cookies of answers itself. */
export function rulesCookies(raw: Json, refs: readonly Json[]): boolean {
  return [raw, ...refs].flatMap((one) => asObjects(one['filters'])).some(changesCookies);
}

/** A backend that gives its clients the cookie of a group. It takes one filter that changes headers of answers. */
export function withCookie(ref: Json, sticky: StickyClients, hash: string, from: number): Json {
  const filters = asObjects(ref['filters']);
  const cookie = { name: SET_COOKIE, value: cookieOf(sticky, hash, from) };
  const mine = filters.find(isModifier) ?? { type: TYPE };
  const modifier = modifierOf(mine);
  const next = {
    ...mine,
    responseHeaderModifier: { ...modifier, add: [...asObjects(modifier['add']), cookie] },
  };
  return withFilters(ref, [...filters.filter((one) => !isModifier(one)), next]);
}

function filterWithout(filter: Json): readonly Json[] {
  const { add, ...rest } = modifierOf(filter);
  const all = asObjects(add);
  const theirs = all.filter(({ value }) => !isCookieOfOurs(value));
  if (!isModifier(filter) || theirs.length === all.length) return [filter];
  const kept = theirs.length === 0 ? rest : { ...rest, add: theirs };
  return Object.keys(kept).length === 0 ? [] : [{ ...filter, responseHeaderModifier: kept }];
}

/** A backend without our cookie. */
export function withoutCookie(ref: Json): Json {
  const filters = asObjects(ref['filters']);
  return filters.length === 0 ? ref : withFilters(ref, filters.flatMap(filterWithout));
}
