import type { RouteAsks } from '../../context.ts';
import { asObjects } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { matchesOf, matchesWith } from './matches.ts';
import { isMirrorOfOurs } from './own-rule.ts';
import { overtaken } from './precedence.ts';
import { type Rule, routeTitle, rulesOf, ruleTitle } from './rule.ts';

/** Limits of the specification. */
const MOST = { rules: 16, matches: 64, matchesOfRoute: 128, headers: 16, filters: 16 } as const;

const noMatch = (message: string): Problem => ({
  reason: 'RouteTakesNoMatch',
  message: `steps[].match: ${message}`,
});

type Entries = RouteAsks['match'];

function matchConflict(rule: Rule, entries: Entries): Problem | null {
  const { matches, conflict } = matchesWith(rule, entries);
  const title = ruleTitle(rule);
  if (conflict !== null)
    return noMatch(
      `${title} has a condition on the header ${conflict} itself, which cannot be combined with another; choose by another header, or write one of both with exact`,
    );
  if (matches.length > MOST.matches)
    return noMatch(
      `${title} needs ${matches.length} matches with those of all steps, of which the Gateway API allows ${MOST.matches} in a rule: write fewer entries, or fewer matches in the rule`,
    );
  if (matches.some((one) => asObjects(one['headers']).length > MOST.headers))
    return noMatch(
      `${title} needs more than ${MOST.headers} conditions on headers in one match, which is what the Gateway API allows: write fewer`,
    );
  return null;
}

/** Why a route cannot hold the rules of ours as well. */
function roomConflict(shifted: readonly Rule[], entries: Entries): Problem | null {
  for (const route of new Set(shifted.map((rule) => rule.route))) {
    const all = rulesOf(route);
    const split = shifted.filter((rule) => rule.route === route);
    const rules = all.length + split.length;
    if (rules > MOST.rules)
      return noMatch(
        `${routeTitle(route)} needs ${rules} rules, one more for each that is split, of which the Gateway API allows ${MOST.rules}: merge rules by several matches, or move some into a route of their own`,
      );
    const matches = [
      ...all.flatMap(matchesOf),
      ...split.flatMap((rule) => matchesWith(rule, entries).matches),
    ].length;
    if (matches > MOST.matchesOfRoute)
      return noMatch(
        `${routeTitle(route)} needs ${matches} matches, of which the Gateway API allows ${MOST.matchesOfRoute}: write fewer entries, or move rules into a route of their own`,
      );
  }
  return null;
}

function orderConflict(all: readonly Rule[], shifted: readonly Rule[], entries: Entries): Problem | null {
  const chosen = shifted.map((rule) => ({ rule, matches: matchesWith(rule, entries).matches }));
  const found = overtaken(all, chosen);
  if (found === null) return null;
  return noMatch(
    `${ruleTitle(found.rule)} would lose requests to the new version of ${ruleTitle(found.by)}, since of rules with the same path that with more conditions on headers comes first: give the rule a longer path or a method, or choose by fewer headers`,
  );
}

function mirrorConflict(rule: Rule): Problem | null {
  const filters = asObjects(rule.raw['filters']).filter((one) => !isMirrorOfOurs(one));
  return filters.length < MOST.filters
    ? null
    : {
        reason: 'RouteTakesNoMirror',
        message: `steps[].mirror: ${ruleTitle(rule)} has ${filters.length} filters, of which the Gateway API allows ${MOST.filters}: take one away (spec.rules[${rule.index}].filters)`,
      };
}

/** Why a match or a mirror cannot be written into rules that are shifted, among all rules; or null. */
export function askConflict(
  all: readonly Rule[],
  shifted: readonly Rule[],
  { match, mirror }: RouteAsks,
): Problem | null {
  for (const rule of shifted) {
    const found =
      (match.length > 0 ? matchConflict(rule, match) : null) ?? (mirror ? mirrorConflict(rule) : null);
    if (found !== null) return found;
  }
  if (match.length === 0) return null;
  return roomConflict(shifted, match) ?? orderConflict(all, shifted, match);
}
