import type { HttpMatch } from '../../../api/rollout/match.ts';
import { type Edit, editOf, type RuleList, type Wanted } from '../../chosen/rule-list.ts';
import { cookieValues, groupsAt } from '../../chosen/sticky.ts';
import type { RouteVersions } from '../../context.ts';
import type { RouteGoal } from '../../goal.ts';
import { asObjects, type Json } from '../../json.ts';
import type { View } from '../hosts/view.ts';
import { type HttpRoute, httpRules } from '../objects.ts';
import { matchesBefore } from './chosen-host.ts';
import { withCookie } from './cookie.ts';
import { isRuleOfOurs, MATCH_RULE, STICKY_RULE } from './match-rule.ts';
import { CANARY, split, splitClients, subsetOf } from './split.ts';

/** The goal of a split. */
export type SplitGoal = Extract<RouteGoal, { kind: 'split' }>;

/** What a route is to have. */
export type RouteWanted = Wanted<HttpRoute>;

/** A VirtualService whose rules must change. */
export type RouteEdit = Edit<HttpRoute>;

/** What every split of a release follows from. */
interface Splitting {
  readonly view: View;
  readonly versions: RouteVersions;
}

const isOurMirror = (view: View, one: Json): boolean => view.isOurs(one) && subsetOf(one) === CANARY;

/** The rules of VirtualServices, and what in them is ours; other releases may have rules of ours, too. */
function rulesWith(view: View): RuleList {
  return {
    fields: { rules: 'http', backends: 'route', mirrors: 'mirrors' },
    isOurRule: (rule) => isRuleOfOurs(rule) && asObjects(rule['route']).some(view.isOurs),
    isOurMirror: (one) => isOurMirror(view, one),
  };
}

/** A rule of ours before a route, with everything that the user's rule has but its destinations. */
function ruleFor(
  view: View,
  route: HttpRoute,
  ours: { readonly name: string; readonly entries: readonly HttpMatch[]; readonly route: readonly Json[] },
): readonly Json[] {
  const { name: _name, match: _match, ...rest } = httpRules(route.virtualService)[route.position] ?? {};
  const { matches } = matchesBefore(route, ours.entries);
  if (matches.length === 0) return [];
  const mirrors = asObjects(rest['mirrors']).filter((one) => !isOurMirror(view, one));
  const { mirrors: _mirrors, ...others } = rest;
  return [
    {
      ...others,
      ...(mirrors.length === 0 ? {} : { mirrors }),
      name: ours.name,
      match: matches,
      route: ours.route,
    },
  ];
}

/** The rules of ours before a route: a match comes before the cookie of a client. */
function rulesFor(
  { view, versions }: Splitting,
  route: HttpRoute,
  base: readonly Json[],
  { match = [], weight, sticky }: SplitGoal,
): readonly Json[] {
  const cookies = sticky === undefined ? null : cookieValues(sticky, versions.canary, weight);
  const by = (regex: string): HttpMatch => ({ cookies: { [sticky?.cookie ?? '']: { regex } } });
  const [toCanary, toStable] = [100, 0].map((part) => split(base, view.isMine, part)) as [Json[], Json[]];
  return [
    ...ruleFor(view, route, {
      name: MATCH_RULE,
      entries: [...match, ...(cookies === null ? [] : [by(cookies.canary)])],
      route: toCanary,
    }),
    ...(cookies === null
      ? []
      : ruleFor(view, route, { name: STICKY_RULE, entries: [by(cookies.stable)], route: toStable })),
  ];
}

/** A copy of the requests of a route for its first destination of ours. */
function mirrorFor(view: View, base: readonly Json[], percent: number): Json | null {
  const [first] = split(base, view.isMine, 100).filter((one) => subsetOf(one) === CANARY);
  return first === undefined ? null : { destination: first['destination'], percentage: { value: percent } };
}

/** What a route is to have that is split. */
export function splitOf(
  { view, versions }: Splitting,
  route: HttpRoute,
  base: readonly Json[],
  goal: SplitGoal,
): RouteWanted {
  const { weight, sticky } = goal;
  const cookie = (one: Json, from: number): Json =>
    sticky === undefined ? one : withCookie(one, sticky, versions.canary, from);
  const backends =
    sticky === undefined
      ? split(base, view.isMine, weight)
      : splitClients(base, view.isMine, { groups: groupsAt(sticky, weight), cookie });
  const mirror = goal.mirror === undefined ? null : mirrorFor(view, base, goal.mirror);
  return {
    rule: route,
    backends,
    before: rulesFor({ view, versions }, route, base, goal),
    ...(mirror === null ? {} : { mirror }),
  };
}

/**
 * The VirtualServices whose rules are not as wanted. Rules and mirrors of ours that no route is to have go, wherever they
 * are.
 */
export function edits(view: View, wanted: readonly RouteWanted[]): readonly RouteEdit[] {
  const list = rulesWith(view);
  return view.virtualServices.flatMap(
    (virtualService) =>
      editOf(
        list,
        virtualService,
        wanted.filter(({ rule }) => rule.virtualService === virtualService),
      ) ?? [],
  );
}
