import { z } from 'zod';
import { matching, rules } from '../rules.ts';

const ONE_KIND = 'must have exactly one of exact, prefix and regex: write one of them';
const REGEX =
  'must be a regular expression of RE2: correct it, and leave out look-around and back-references, which RE2 does not have';

/** What proxies take is RE2, in which a mistake would have a proxy refuse all routes of the object. */
function isRegex(text: string): boolean {
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]/.test(text)) return false;
  try {
    return new RegExp(text.replaceAll('(?P<', '(?<').replaceAll(/\(\?[imsU]+\)/g, '')) instanceof RegExp;
  } catch {
    return false;
  }
}

const text = z.string().min(1).max(256);

/** A condition on a text. */
export const TextMatch = z
  .object({
    exact: text.optional().describe('The whole value.'),
    prefix: text.optional().describe('How the value begins.'),
    regex: text
      .refine(isRegex, REGEX)
      .meta(rules({ rule: "''.matches(self) ? true : true", message: REGEX }))
      .optional()
      .describe('RE2 expression for the whole value.'),
  })
  .refine((given) => Object.values(given).filter((one) => one !== undefined).length === 1, ONE_KIND)
  .meta(
    rules({
      rule: '[has(self.exact), has(self.prefix), has(self.regex)].exists_one(given, given)',
      message: ONE_KIND,
    }),
  );
export type TextMatch = z.infer<typeof TextMatch>;

const HEADER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const HEADERS =
  'must be names of headers, of letters, digits, - and _; conditions on cookies stand in cookies, and that on the host in host';
const COOKIE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const COOKIES = 'must be names of cookies, of letters, digits, -, _ and .: write it like tester';
const TAKEN = ['cookie', 'host'];

/** A map by names. The API server needs a bound for the cost of its rules. */
const named = (most: number, isName: (name: string) => boolean, rule: string, message: string) =>
  z
    .record(z.string(), TextMatch)
    .refine((map) => Object.keys(map).length <= most, `must have at most ${most} entries`)
    .refine((map) => Object.keys(map).every(isName), message)
    .meta({ ...rules({ rule, message }), maxProperties: most });

const EMPTY = 'must have a condition: name a header, a cookie or a host';

/** A host name, as people type it into a browser. */
export const Host = matching(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  253,
  'must be one host name in small letters, without wildcard, port and path: write it like preview.example.com',
);

/** Requests that are chosen by what they carry: all conditions of an entry must hold. */
export const HttpMatch = z
  .object({
    headers: named(
      8,
      (name) => HEADER.test(name) && !TAKEN.includes(name.toLowerCase()),
      `self.all(name, name.matches(r'${HEADER.source}') && !(name.lowerAscii() in ['cookie', 'host']))`,
      HEADERS,
    )
      .optional()
      .describe('Conditions on headers, by name; capital letters in a name make no difference.'),
    cookies: named(
      2,
      (name) => COOKIE.test(name),
      `self.all(name, name.matches(r'${COOKIE.source}'))`,
      COOKIES,
    )
      .optional()
      .describe('Conditions on cookies, by name.'),
    host: Host.optional().describe(
      'Host name that the request is for, whatever its port. The routes must be for it already, and for others beside it.',
    ),
  })
  .refine(
    ({ headers = {}, cookies = {}, host }) =>
      host !== undefined || Object.keys({ ...headers, ...cookies }).length > 0,
    EMPTY,
  )
  .meta(
    rules({
      rule: 'has(self.headers) && size(self.headers) > 0 || has(self.cookies) && size(self.cookies) > 0 || has(self.host)',
      message: EMPTY,
    }),
  );
export type HttpMatch = z.infer<typeof HttpMatch>;

/** Maximum number of entries of a release in all. */
export const MOST_MATCHES = 16;

/** Entries of which one must hold. */
export const HttpMatches = z.array(HttpMatch).min(1).max(MOST_MATCHES);

/**
 * What an entry chooses by, for people: `x-tester and cookie region`. Without the values of headers and cookies, since
 * messages go further than the policy, and a value may be known to testers alone.
 */
function matchText({ headers = {}, cookies = {}, host }: HttpMatch): string {
  return [
    ...(host === undefined ? [] : [`host ${host}`]),
    ...Object.keys(headers),
    ...Object.keys(cookies).map((name) => `cookie ${name}`),
  ].join(' and ');
}

/** What entries choose by, for people: `x-tester or cookie region`. */
export function matchesText(matches: readonly HttpMatch[]): string {
  return [...new Set(matches.map(matchText))].join(' or ');
}
