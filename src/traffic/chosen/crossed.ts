import type { HttpMatch, TextMatch } from '../../api/rollout/match.ts';
import { asObject, asObjects, asString, type Json, sameJson } from '../json.ts';

/** Conditions that no request meets, or two on one header that no rule can combine. */
type Merged<T> = T | 'never' | { readonly conflict: string };

/** A text as a regular expression for itself. */
export const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

function valuePattern({ exact, prefix, regex }: TextMatch): string {
  if (exact !== undefined) return escaped(exact);
  return prefix === undefined ? `(?:${regex})` : `${escaped(prefix)}[^;]*`;
}

function permutations<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 2) return [list];
  return list.flatMap((one, at) => permutations(list.toSpliced(at, 1)).map((rest) => [one, ...rest]));
}

/** Cookies share one header, and RE2 has no "and": every order of them is written out. */
function cookiePattern(cookies: Readonly<Record<string, TextMatch>>): string {
  const pairs = Object.entries(cookies).map(([name, one]) => `${escaped(name)}=${valuePattern(one)}`);
  const orders = permutations(pairs).map((order) => order.join(String.raw`;(?:.*;)?\s*`));
  const any = orders.length === 1 ? orders[0] : `(?:${orders.join('|')})`;
  return String.raw`(?:.*;)?\s*${any}\s*(?:;.*)?`;
}

/** The conditions of an entry on headers: each has exactly one of `exact`, `prefix` and `regex`, for the whole value. */
export function headersOf({ headers = {}, cookies = {} }: HttpMatch): Readonly<Record<string, TextMatch>> {
  const named = Object.entries(headers).map(([name, one]) => [name.toLowerCase(), one] as const);
  const cookie = Object.keys(cookies).length === 0 ? {} : { cookie: { regex: cookiePattern(cookies) } };
  return { ...Object.fromEntries(named), ...cookie };
}

/** Whether a value meets a condition; null where its expression cannot be read here. */
function meets(value: string, condition: Json): boolean | null {
  const { exact, prefix, regex } = condition;
  if (typeof exact === 'string') return value === exact;
  if (typeof prefix === 'string') return value.startsWith(prefix);
  if (typeof regex !== 'string') return true;
  const [pattern, flags] = regex.startsWith('(?i)') ? [regex.slice(4), 'i'] : [regex, ''];
  try {
    return new RegExp(`^(?:${pattern})$`, flags).test(value);
  } catch {
    return null;
  }
}

/** Both conditions on one header, as one condition. */
function both(name: string, theirs: Json, ours: Json): Merged<Json> {
  if (Object.keys(theirs).length === 0) return ours;
  if (sameJson(theirs, ours)) return theirs;
  for (const [one, other] of [
    [theirs, ours],
    [ours, theirs],
  ] as const) {
    const exact = asString(one['exact']);
    const met = exact === undefined ? null : meets(exact, other);
    if (met !== null) return met ? one : 'never';
  }
  const [a, b] = [asString(theirs['prefix']), asString(ours['prefix'])];
  if (a === undefined || b === undefined) return { conflict: name };
  if (a.startsWith(b)) return theirs;
  return b.startsWith(a) ? ours : 'never';
}

/** A match of the user's rule that must also meet the conditions of an entry. */
function merged(theirs: Json, conditions: Readonly<Record<string, Json>>): Merged<Json> {
  const headers: Record<string, unknown> = { ...asObject(theirs['headers']) };
  for (const [name, ours] of Object.entries(conditions)) {
    const key = Object.keys(headers).find((one) => one.toLowerCase() === name) ?? name;
    const one = key in headers ? both(name, asObject(headers[key]), ours) : ours;
    if (one === 'never' || 'conflict' in one) return one;
    headers[key] = one;
  }
  return { ...theirs, headers };
}

/** The matches of a rule for requests that meet one of its own and one of the entries. */
export interface CrossedMatches {
  readonly matches: readonly Json[];
  /** A header on which both have conditions that one rule cannot combine. */
  readonly conflict: string | null;
}

/**
 * Combines the matches of a user's rule, of which none means all requests, with the conditions of the entries of a step.
 * The headers of a match are an object by names, with conditions as `headersOf` has them.
 */
export function crossed(theirs: unknown, entries: readonly Readonly<Record<string, Json>>[]): CrossedMatches {
  const own = asObjects(theirs);
  const all = (own.length === 0 ? [{}] : own).flatMap((one) => entries.map((entry) => merged(one, entry)));
  const conflict = all.find((one): one is { conflict: string } => one !== 'never' && 'conflict' in one);
  return {
    matches: all.filter((one): one is Json => one !== 'never' && !('conflict' in one)),
    conflict: conflict?.conflict ?? null,
  };
}
