import type { KubeObject } from '../../../api/meta.ts';
import { canonical } from '../../../api/values/canonical.ts';
import { asObject, asObjects, asString, type Json, sameJson } from '../../json.ts';
import { parentRefs } from '../parents.ts';
import { conditionsOf, matchesOf } from './matches.ts';
import type { Rule } from './rule.ts';

/** A match of a rule, by which the specification decides between rules. */
interface Ranked {
  readonly rule: Rule;
  readonly match: Json;
}

function hostsOf({ spec }: KubeObject): readonly string[] {
  const { hostnames } = asObject(spec);
  return Array.isArray(hostnames) && hostnames.length > 0 ? hostnames.map(String) : ['*'];
}

const parentsOf = (route: KubeObject): readonly string[] =>
  parentRefs(route).map(({ kind = 'Gateway', name, namespace = route.metadata.namespace }) =>
    canonical([kind, namespace, name]),
  );

const meet = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((one) => others.includes(one));

/** Whether requests can have to choose between rules of two routes: of another hostname, that alone decides. */
function isBeside(one: KubeObject, other: KubeObject): boolean {
  if (one === other) return true;
  const isAlike = one.kind === other.kind && meet(hostsOf(one), hostsOf(other));
  return isAlike && meet(parentsOf(one), parentsOf(other));
}

/** Path and method, which come before headers: only of matches that have them in common do headers decide. */
function placeOf({ path, method }: Json): string {
  const { type = 'PathPrefix', value = '/' } = asObject(path);
  const trimmed = type === 'PathPrefix' ? (asString(value) ?? '').replace(/\/$/, '') : value;
  return canonical([type, trimmed, method ?? null]);
}

const isExcluded = (one: Json | undefined, other: Json): boolean =>
  one?.['exact'] !== undefined && other['exact'] !== undefined && !sameJson(one, other);

/** Whether no request can meet both, by what their headers must be. */
function areApart(one: Json, other: Json): boolean {
  const theirs = Object.entries(conditionsOf(other['headers']));
  return Object.entries(conditionsOf(one['headers'])).some(([name, condition]) => {
    const [, found] = theirs.find(([key]) => key.toLowerCase() === name.toLowerCase()) ?? [];
    return found !== undefined && isExcluded(found, condition);
  });
}

const detailOf = ({ headers, queryParams }: Json): readonly [number, number] => [
  asObjects(headers).length,
  asObjects(queryParams).length,
];

/** Whether a match comes before another one with the same path and method; of equal ones, the first in order. */
function isBefore(one: Json, other: Json, isFirst: boolean): boolean {
  const [[a, c], [b, d]] = [detailOf(one), detailOf(other)];
  return a === b ? (c === d ? isFirst : c > d) : a > b;
}

const ageOf = ({ metadata }: KubeObject): string =>
  `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}/${metadata.name}`;

function isEarlier(one: Rule, other: Rule): boolean {
  return one.route === other.route ? one.index < other.index : ageOf(one.route) < ageOf(other.route);
}

/** A rule of ours that would come before a rule of the user's. */
interface Chosen {
  /** The user's rule before which it stands. */
  readonly rule: Rule;
  readonly matches: readonly Json[];
}

/** Whether requests of a rule that came before the split one would be taken from it by a rule of ours. */
function takes({ rule, match }: Ranked, chosen: Chosen, own: readonly Json[]): boolean {
  return chosen.matches.some((ours) => {
    if (placeOf(ours) !== placeOf(match) || areApart(ours, match)) return false;
    const wasFirst = matchesOf(chosen.rule)
      .filter((one) => placeOf(one) === placeOf(match))
      .every((one) => isBefore(match, one, isEarlier(rule, chosen.rule)));
    const stays = [match, ...own].some((one) => isBefore(one, ours, isEarlier(rule, chosen.rule)));
    return wasFirst && !stays;
  });
}

/**
 * A rule that would lose requests to rules of ours: its conditions come before those of a rule that is split, and behind
 * the same with the conditions of a step, since more headers come first. Null without any.
 */
export function overtaken(
  rules: readonly Rule[],
  chosen: readonly Chosen[],
): { readonly rule: Rule; readonly by: Rule } | null {
  for (const one of chosen)
    for (const rule of rules) {
      if (rule === one.rule || !isBeside(rule.route, one.rule.route)) continue;
      const own = chosen.find((other) => other.rule === rule)?.matches ?? [];
      if (matchesOf(rule).some((match) => takes({ rule, match }, one, own))) return { rule, by: one.rule };
    }
  return null;
}
