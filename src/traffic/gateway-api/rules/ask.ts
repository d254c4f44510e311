import type { RouteAsks } from '../../context.ts';
import { asObjects, type Json } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { ourVersion } from '../services/names.ts';
import { chosenIn, hostProblem } from './chosen-host.ts';
import { rulesCookies } from './cookie.ts';
import { matchesOf, matchesWith } from './matches.ts';
import { isMirrorOfOurs } from './own-rule.ts';
import { overtaken } from './precedence.ts';
import { type Rule, routeTitle, rulesOf, ruleTitle } from './rule.ts';
import type { View } from './view.ts';

/** Limits of the specification. */
const MOST = { rules: 16, matches: 64, matchesOfRoute: 128, headers: 16, filters: 16, backends: 16 } as const;

/** A condition on cookies, as that of clients who stay. */
const ANY_COOKIE = { cookies: { any: { regex: '.' } } };

const noMatch = ({ match }: RouteAsks, message: string): Problem => ({
  reason: 'RouteTakesNoMatch',
  message: `${match.length === 0 ? 'sticky' : 'steps[].match'}: ${message}`,
});

const isWhole = ({ route }: Rule, { match }: RouteAsks): boolean => chosenIn(route, match).isWhole;

const isSticky = (rule: Rule, asks: RouteAsks): boolean =>
  asks.sticky === true && rule.kind === 'HTTPRoute' && !isWhole(rule, asks);

/** The conditions of our rules before a split rule. */
function entriesFor(rule: Rule, asks: RouteAsks): RouteAsks['match'] {
  return isSticky(rule, asks) ? [...asks.match, ANY_COOKIE] : asks.match;
}

/** How many of them there are, once hosts are left to the routes. */
const countOf = (rule: Rule, asks: RouteAsks): number =>
  chosenIn(rule.route, entriesFor(rule, asks)).entries.length;

/** How many rules of ours a split rule needs, and the matches of all of them. */
function roomFor(rule: Rule, asks: RouteAsks): { readonly rules: number; readonly matches: number } {
  const entries = entriesFor(rule, asks);
  const [stays, own] = [isSticky(rule, asks) ? 1 : 0, countOf(rule, asks) > 0 ? 1 : 0];
  const back = stays === 0 ? 0 : matchesWith(rule, [ANY_COOKIE]).matches.length;
  return { rules: own + stays, matches: matchesWith(rule, entries).matches.length + back };
}

function matchConflict(rule: Rule, asks: RouteAsks): Problem | null {
  const { matches, conflict } = matchesWith(rule, entriesFor(rule, asks));
  const title = ruleTitle(rule);
  if (conflict !== null)
    return noMatch(
      asks,
      `${title} has a condition on the header ${conflict} itself, which cannot be combined with another; choose by another header, or write one of both with exact`,
    );
  if (matches.length > MOST.matches)
    return noMatch(
      asks,
      `${title} needs ${matches.length} matches with those of all steps, of which the Gateway API allows ${MOST.matches} in a rule: write fewer entries, or fewer matches in the rule`,
    );
  if (matches.some((one) => asObjects(one['headers']).length > MOST.headers))
    return noMatch(
      asks,
      `${title} needs more than ${MOST.headers} conditions on headers in one match, which is what the Gateway API allows: write fewer`,
    );
  return null;
}

/** Why a route cannot hold the rules of ours as well. */
function roomConflict(shifted: readonly Rule[], asks: RouteAsks): Problem | null {
  for (const route of new Set(shifted.map((rule) => rule.route))) {
    const all = rulesOf(route);
    const split = shifted.filter((rule) => rule.route === route);
    const more = split.map((rule) => roomFor(rule, asks));
    const rules = more.reduce((sum, one) => sum + one.rules, all.length);
    if (rules > MOST.rules)
      return noMatch(
        asks,
        `${routeTitle(route)} needs ${rules} rules with those of ours for each that is split, of which the Gateway API allows ${MOST.rules}: merge rules by several matches, or move some into a route of their own`,
      );
    const matches = more.reduce((sum, one) => sum + one.matches, all.flatMap(matchesOf).length);
    if (matches > MOST.matchesOfRoute)
      return noMatch(
        asks,
        `${routeTitle(route)} needs ${matches} matches, of which the Gateway API allows ${MOST.matchesOfRoute}: write fewer entries, or move rules into a route of their own`,
      );
  }
  return null;
}

function orderConflict(all: readonly Rule[], shifted: readonly Rule[], asks: RouteAsks): Problem | null {
  const chosen = shifted.map((rule) => ({
    rule,
    matches: matchesWith(rule, entriesFor(rule, asks)).matches,
  }));
  const found = overtaken(all, chosen);
  if (found === null) return null;
  return noMatch(
    asks,
    `${ruleTitle(found.rule)} would lose requests to the new version of ${ruleTitle(found.by)}, since of rules with the same path that with more conditions on headers comes first: give the rule a longer path or a method, or choose by fewer headers`,
  );
}

const isPool = ({ kind }: Json): boolean => kind === 'InferencePool';

function mirrorConflict(rule: Rule): Problem | null {
  if (rule.refs.some(isPool))
    return {
      reason: 'RouteTakesNoMirror',
      message: `steps[].mirror: ${ruleTitle(rule)} goes to an InferencePool, to which no copies of requests can be sent: leave these steps out`,
    };
  const filters = asObjects(rule.raw['filters']).filter((one) => !isMirrorOfOurs(one));
  return filters.length < MOST.filters
    ? null
    : {
        reason: 'RouteTakesNoMirror',
        message: `steps[].mirror: ${ruleTitle(rule)} has ${filters.length} filters, of which the Gateway API allows ${MOST.filters}: take one away (spec.rules[${rule.index}].filters)`,
      };
}

function cookieConflict(
  rule: Rule,
  { groups = 1 }: RouteAsks,
  isMine: (ref: Json) => boolean,
): Problem | null {
  if (rule.refs.some(isPool))
    return {
      reason: 'RouteTakesNoCookie',
      message: `sticky: ${ruleTitle(rule)} goes to an InferencePool, whose clients cannot be kept with their version: leave sticky out`,
    };
  if (rulesCookies(rule.raw, rule.refs))
    return {
      reason: 'RouteTakesNoCookie',
      message: `sticky: ${ruleTitle(rule)} changes Set-Cookie of its answers itself (filters), beside which ours would not be sure; have the workload set that, or leave sticky out`,
    };
  const theirs = rule.refs.filter((one) => ourVersion(one) === undefined);
  const mine = theirs.filter(isMine).length;
  const needed = theirs.length + mine * groups;
  return needed <= MOST.backends
    ? null
    : {
        reason: 'TooManyBackends',
        message: `sticky: ${ruleTitle(rule)} needs ${needed} backends, one for each weight at which clients move, of which the Gateway API allows ${MOST.backends}: write fewer steps, in place of autoSteps too, or leave sticky out`,
      };
}

/** Why a match, a mirror or cookies cannot be written into rules that are shifted, or null. */
export function askConflict(view: View, shifted: readonly Rule[], asks: RouteAsks): Problem | null {
  const unfit = hostProblem(view, shifted, asks);
  if (unfit !== null) return unfit;
  for (const rule of shifted) {
    const found =
      matchConflict(rule, asks) ??
      (asks.mirror ? mirrorConflict(rule) : null) ??
      (isSticky(rule, asks) ? cookieConflict(rule, asks, view.isMine) : null);
    if (found !== null) return found;
  }
  if (asks.match.length === 0 && asks.sticky !== true) return null;
  return roomConflict(shifted, asks) ?? orderConflict(view.rules, shifted, asks);
}
