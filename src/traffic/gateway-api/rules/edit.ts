import type { HttpMatch } from '../../../api/rollout/match.ts';
import { type Edit, editOf, type RuleList, type Wanted } from '../../chosen/rule-list.ts';
import { cookieValues, groupsAt } from '../../chosen/sticky.ts';
import type { RouteVersions } from '../../context.ts';
import type { RouteGoal } from '../../goal.ts';
import { asObjects, type Json } from '../../json.ts';
import { chosenIn } from './chosen-host.ts';
import { withCookie } from './cookie.ts';
import { matchesWith } from './matches.ts';
import { isMirrorOfOurs, isRuleOfOurs, mirrorBackend, withoutOurs } from './own-rule.ts';
import type { Rule } from './rule.ts';
import { onlyAt, split, splitClients } from './split.ts';
import { hasTraffic, type View } from './view.ts';

/** The goal of a split. */
export type SplitGoal = Extract<RouteGoal, { kind: 'split' }>;

/** What a rule of the user's is to have. */
export type RuleWanted = Wanted<Rule>;

/** A route whose rules must change. */
export type RouteEdit = Edit<Rule>;

/** The rules of routes, and what in them is ours; other releases may have rules of ours, too. */
function rulesWith(view: View): RuleList {
  return {
    fields: { rules: 'rules', backends: 'backendRefs', mirrors: 'filters' },
    isOurRule: (raw) =>
      isRuleOfOurs(raw) && asObjects(raw['backendRefs']).some((one) => view.versionOf(one) !== undefined),
    isOurMirror: (filter) => isMirrorOfOurs(filter) && view.versionOf(mirrorBackend(filter)) !== undefined,
  };
}

/** A rule of ours before one of the user's, with everything that this has but its backends. */
function ruleFor(rule: Rule, entries: readonly HttpMatch[], backendRefs: readonly Json[]): readonly Json[] {
  const { name: _name, ...rest } = withoutOurs(rule.raw);
  const { matches } = matchesWith(rule, entries);
  return matches.length === 0 ? [] : [{ ...rest, matches, backendRefs }];
}

/** A copy of the requests of a rule for its first backend of ours. */
function mirrorFor(view: View, base: readonly Json[], percent: number): Json | null {
  const [first] = base.filter(view.isMine);
  if (first === undefined) return null;
  const [backend = first] = onlyAt([first], view, 'canary');
  const { weight: _weight, filters: _filters, ...rest } = backend;
  const backendRef = { group: '', kind: 'Service', ...rest };
  const part = percent < 100 ? { percent } : {};
  return { type: 'RequestMirror', requestMirror: { backendRef, ...part } };
}

/** What every split of a release follows from. */
export interface Splitting {
  readonly view: View;
  readonly versions: RouteVersions;
}

/** Rules of ours before a rule: a match comes before the cookie of a client. */
function rulesFor(
  { view, versions }: Splitting,
  rule: Rule,
  base: readonly Json[],
  { match = [], weight, sticky }: SplitGoal,
): readonly Json[] {
  const toCanary = onlyAt(base, view, 'canary');
  if (sticky === undefined) return ruleFor(rule, match, toCanary);
  const { canary, stable } = cookieValues(sticky, versions.canary, weight);
  const by = (regex: string): HttpMatch => ({ cookies: { [sticky.cookie]: { regex } } });
  return [
    ...ruleFor(rule, [...match, by(canary)], toCanary),
    ...ruleFor(rule, [by(stable)], onlyAt(base, view, 'stable')),
  ];
}

function sharesFor(
  { view, versions }: Splitting,
  base: readonly Json[],
  { weight, sticky }: SplitGoal,
): readonly Json[] {
  if (sticky === undefined) return split(base, view, weight);
  const cookie = (ref: Json, from: number): Json => withCookie(ref, sticky, versions.canary, from);
  return splitClients(base, view, { groups: groupsAt(sticky, weight), cookie });
}

/**
 * What a goal is for one rule. Where a match chooses all its requests, the canary gets them. Callers of gRPC keep no cookies:
 * they are divided call by call.
 */
function possible({ kind, route }: Rule, goal: SplitGoal): SplitGoal {
  if (chosenIn(route, goal.match ?? []).isWhole) return { kind: 'split', weight: 100 };
  const { sticky: _sticky, ...rest } = goal;
  return kind === 'HTTPRoute' ? goal : rest;
}

/** What a rule is to have that is split. */
export function splitOf(
  splitting: Splitting,
  rule: Rule,
  base: readonly Json[],
  given: SplitGoal,
): RuleWanted {
  const { view } = splitting;
  const goal = possible(rule, given);
  if (!hasTraffic(view, base)) return { rule, backends: split(base, view, goal.weight) };
  const mirror = goal.mirror === undefined ? null : mirrorFor(view, base, goal.mirror);
  return {
    rule,
    backends: sharesFor(splitting, base, goal),
    before: rulesFor(splitting, rule, base, goal),
    ...(mirror === null ? {} : { mirror }),
  };
}

/** The routes whose rules are not as wanted. Rules and mirrors of ours that no rule is to have go, wherever they are. */
export function editsOf(view: View, wanted: readonly RuleWanted[]): readonly RouteEdit[] {
  const list = rulesWith(view);
  return view.routes.flatMap(
    (route) =>
      editOf(
        list,
        route,
        wanted.filter(({ rule }) => rule.route === route),
      ) ?? [],
  );
}
