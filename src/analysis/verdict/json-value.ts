/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

function keysOf(path: string): readonly string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) return path.split('.');
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at a JSON pointer or a path with dots; undefined if there is none. The empty path is the whole value. */
export function valueAt(whole: Json, path: string): Json | undefined {
  let value: Json | undefined = whole;
  for (const key of keysOf(path)) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    if (Array.isArray(value) && key === 'length') return undefined;
    value = (value as { readonly [key: string]: Json })[key];
  }
  return value;
}

/** Maximum number of values in the JSON of an answer: each takes many times the bytes of its text. */
export const MOST_VALUES = 200_000;

/** Characters before a value: `,`, `[` and `{`. */
const VALUE_BEFORE = new Set([0x2c, 0x5b, 0x7b]);

/** Whether a JSON text has more than the maximum number of values. Commas in strings are counted too. */
export function hasTooManyValues(text: string): boolean {
  if (text.length < MOST_VALUES) return false;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) if (VALUE_BEFORE.has(text.charCodeAt(at))) values += 1;
  return values > MOST_VALUES;
}

/** Whether two values are equal, regardless of the order of keys. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((one: Json, index) => sameJson(one, b[index] as Json))
    );
  const [ours, theirs] = [Object.entries(a), Object.entries(b)];
  return (
    ours.length === theirs.length &&
    ours.every(([key, value]) => Object.hasOwn(b, key) && sameJson(value, (b as Record<string, Json>)[key]))
  );
}

/** A value for a sentence, truncated if it is long. */
export function textOf(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Allowed difference of numbers. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** `0.01` is absolute, `1%` is relative; null for other texts. */
export function parseTolerance(text: string): Tolerance | null {
  const found = /^([0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)\s*(%?)$/.exec(text.trim());
  if (found === null) return null;
  const value = Number(found[1]);
  return found[2] === '%' ? { absolute: 0, relative: value / 100 } : { absolute: value, relative: 0 };
}

/** Whether a number is within the tolerance of the expected one. */
export function isNear(value: number, wanted: number, { absolute, relative }: Tolerance): boolean {
  // A rounding error is not a difference.
  const slack = 1e-12 * Math.max(1, Math.abs(wanted));
  return Math.abs(value - wanted) <= absolute + relative * Math.abs(wanted) + slack;
}
