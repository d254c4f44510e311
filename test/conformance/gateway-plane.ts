import type { KubeObject } from '../../src/api/meta.ts';
import { asObject, asObjects, asString, type Json } from '../../src/traffic/json.ts';
import { type Headers, hostOfRequest } from './asked.ts';
import { isOurs, isRoute, refsOf, rulesOf } from './gateway-users.ts';

/** A request, as far as rules choose by it. */
interface Request {
  readonly path: string;
  readonly headers: Headers;
}

interface Candidate {
  readonly rule: Json;
  /** By the specification: exact path, length of the path, method, headers, and parameters; then the order. */
  readonly rank: readonly number[];
}

/** Whether a rule is one of ours: to one version alone. */
export function isRuleOfOurs(rule: Json): boolean {
  const versions = refsOf(rule)
    .filter(isOurs)
    .map(({ name }) => String(name).replace(/.*-/, ''));
  return new Set(versions).size === 1;
}

const isOurMirror = ({ requestMirror }: Json): boolean =>
  isOurs(asObject(asObject(requestMirror)['backendRef']));

/** The mirrors of ours in a rule. */
export const mirrorsOf = (rule: Json): Json[] => asObjects(rule['filters']).filter(isOurMirror);

/** A rule without our mirror. */
export function unmirrored({ filters, ...rule }: Json): Json {
  const theirs = asObjects(filters).filter((one) => !isOurMirror(one));
  return filters === undefined || theirs.length === 0 ? rule : { ...rule, filters: theirs };
}

function meetsHeader({ type, value }: Json, given: string | undefined): boolean {
  if (given === undefined) return false;
  // Some implementations take an expression for any part of the value: ours must do for those as well.
  return type === 'RegularExpression' ? new RegExp(String(value)).test(given) : value === given;
}

function isMet(match: Json, { path, headers }: Request): boolean {
  const { type = 'PathPrefix', value = '/' } = asObject(match['path']);
  const prefix = String(value).replace(/\/$/, '');
  const isPath = type === 'Exact' ? path === value : path === prefix || path.startsWith(`${prefix}/`);
  const conditions = asObjects(match['headers']);
  return isPath && conditions.every((one) => meetsHeader(one, headers[String(one['name']).toLowerCase()]));
}

function rankOf(match: Json): number[] {
  const { type, value = '/' } = asObject(match['path']);
  const counts = [match['headers'], match['queryParams']].map((list) => asObjects(list).length);
  return [type === 'Exact' ? 1 : 0, String(value).length, match['method'] === undefined ? 0 : 1, ...counts];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((one, index) => one !== b[index]);
  return at < 0 ? 0 : (b[at] ?? 0) - (a[at] ?? 0);
}

/** The rule of a route that a request gets by the precedence of the specification. */
export function served(rules: readonly Json[], request: Request): Json | undefined {
  const candidates = rules.flatMap((rule): Candidate[] => {
    const matches = asObjects(rule['matches']);
    const all = matches.length === 0 ? [{}] : matches;
    return all.filter((one) => isMet(one, request)).map((one) => ({ rule, rank: rankOf(one) }));
  });
  return candidates.toSorted((a, b) => compare(a.rank, b.rank))[0]?.rule;
}

/** The hostnames of a route. */
export const hostnamesOf = ({ spec }: KubeObject): readonly string[] =>
  (asObject(spec)['hostnames'] as readonly string[] | undefined) ?? [];

const isForHost = (route: KubeObject, headers: Headers): boolean =>
  hostnamesOf(route).includes(hostOfRequest(headers) ?? 'model.example');

/** What a request with these headers gets of the route of a user's rule, for each path of that; and what it would get without ours. */
export function servedFor(
  objects: readonly KubeObject[],
  rule: Json,
  headers: Headers,
): readonly { readonly is: Json | undefined; readonly was: Json | undefined }[] {
  const route = objects.filter(isRoute).find((one) => rulesOf(one).includes(rule));
  const all = route === undefined || !isForHost(route, headers) ? [] : rulesOf(route);
  const theirs = all.filter((one) => !isRuleOfOurs(one));
  const matches = asObjects(rule['matches']);
  const paths = (matches.length === 0 ? [{}] : matches).map(
    ({ path }) => asString(asObject(path)['value']) ?? '/',
  );
  return paths.map((path) => {
    const request = { path, headers };
    return { is: served(all, request), was: served(theirs, request) };
  });
}
