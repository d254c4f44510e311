import { withoutCredentials } from '../api/values/credentials.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields whose texts may be secrets wherever they stand: of a container, a probe, a route. */
const SECRET: readonly string[] = ['command', 'headers', 'httpHeaders'];

/** The cookie of clients that stay with their version: no secret, and a router knows its own by what it says. */
const OUR_COOKIE = /^[^=;]+=[a-z0-9]+\.[0-9]+; Path=\/; Max-Age=[0-9]+;/;

/** What an annotation with an object in it, as tools leave them, says; undefined where it is plain text. */
function objectIn(text: unknown): unknown {
  if (typeof text !== 'string' || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Makes a function that copies data and hides what may be a secret in it, as messages to people do: values of environment
 * variables, arguments of containers, headers, credentials in URLs. Equal texts are hidden by equal ones, in everything
 * that the function is used on, so that what is decided by comparing them stays the same.
 */
export function createRedaction(): <T>(value: T) => T {
  const hidden = new Map<string, string>();
  const hide = (text: string): string => {
    if (OUR_COOKIE.test(text)) return text;
    const known = hidden.get(text) ?? `***${hidden.size + 1}`;
    hidden.set(text, known);
    return known;
  };
  const variable = (value: unknown): unknown =>
    isFields(value) && typeof value['value'] === 'string'
      ? { ...value, value: hide(value['value']) }
      : copy(value, false);
  const annotation = (text: unknown): unknown => {
    const object = objectIn(text);
    return object === undefined ? copy(text, false) : JSON.stringify(copy(object, false));
  };
  const field = (key: string, value: unknown, isSecret: boolean): unknown => {
    if (key === 'env' && Array.isArray(value)) return value.map(variable);
    if (key === 'annotations' && isFields(value))
      return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, annotation(text)]));
    // A condition on cookies is made from those of a step: hidden, the two could not be compared.
    if (key === 'cookie' && isFields(value)) return copy(value, false);
    // Those of a template reference are parameters, with names.
    const isArguments =
      key === 'args' && Array.isArray(value) && value.every((one) => typeof one === 'string');
    return copy(value, isSecret || isArguments || SECRET.includes(key));
  };
  const copy = (value: unknown, isSecret: boolean): unknown => {
    if (typeof value === 'string') return isSecret ? hide(value) : withoutCredentials(value);
    if (Array.isArray(value)) return value.map((one) => copy(one, isSecret));
    if (!isFields(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, field(key, one, isSecret)]));
  };
  return <T>(value: T): T => copy(value, false) as T;
}
