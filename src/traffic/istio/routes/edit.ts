import type { KubeObject } from '../../../api/meta.ts';
import type { HttpMatch } from '../../../api/rollout/match.ts';
import { ifUnchanged } from '../../../api/values/json-patch.ts';
import { cookieValues, groupsAt } from '../../chosen/sticky.ts';
import type { RouteVersions } from '../../context.ts';
import type { RouteGoal, RouteWrite } from '../../goal.ts';
import { asObjects, type Json, sameJson } from '../../json.ts';
import type { View } from '../hosts/view.ts';
import { type HttpRoute, httpRules } from '../objects.ts';
import { matchesBefore } from './chosen-host.ts';
import { withCookie } from './cookie.ts';
import { isRuleOfOurs, MATCH_RULE, STICKY_RULE } from './match-rule.ts';
import { CANARY, split, splitClients, subsetOf } from './split.ts';

/** The goal of a split. */
export type SplitGoal = Extract<RouteGoal, { kind: 'split' }>;

/** What a route is to have. */
export interface Wanted {
  readonly destinations: readonly Json[];
  /** Rules of ours before it, for requests that are chosen by a match or a cookie. */
  readonly rules?: readonly Json[];
  /** Entry of ours among its mirrors. */
  readonly mirror?: Json;
}

/** What every split of a release follows from. */
interface Splitting {
  readonly view: View;
  readonly versions: RouteVersions;
}

/** A VirtualService whose rules must change. */
export interface Edit {
  readonly virtualService: KubeObject;
  /** The rules that it should have. */
  readonly rules: readonly Json[];
  /** The routes with other destinations. */
  readonly routes: readonly { readonly route: HttpRoute; readonly destinations: readonly Json[] }[];
  /** A rule of ours, or an entry of ours among the mirrors, goes. */
  readonly withdraws: boolean;
}

/** The rules of ours in a VirtualService, which other releases may have, too. */
const isOurRule = (view: View, rule: Json): boolean =>
  isRuleOfOurs(rule) && asObjects(rule['route']).some(view.isOurs);

const isOurMirror = (view: View, one: Json): boolean => view.isOurs(one) && subsetOf(one) === CANARY;

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
): Wanted {
  const { weight, sticky } = goal;
  const cookie = (one: Json, from: number): Json =>
    sticky === undefined ? one : withCookie(one, sticky, versions.canary, from);
  const destinations =
    sticky === undefined
      ? split(base, view.isMine, weight)
      : splitClients(base, view.isMine, { groups: groupsAt(sticky, weight), cookie });
  const mirror = goal.mirror === undefined ? null : mirrorFor(view, base, goal.mirror);
  return {
    destinations,
    rules: rulesFor({ view, versions }, route, base, goal),
    ...(mirror === null ? {} : { mirror }),
  };
}

/** A rule without our entry among its mirrors, or with another one. */
function withMirror(view: View, rule: Json, mirror: Json | undefined): Json {
  const { mirrors, ...rest } = rule;
  const all = asObjects(mirrors);
  const theirs = all.filter((one) => !isOurMirror(view, one));
  if (mirror === undefined && theirs.length === all.length) return rule;
  const next = mirror === undefined ? theirs : [...theirs, mirror];
  return next.length === 0 ? rest : { ...rule, mirrors: next };
}

function editOf(
  view: View,
  virtualService: KubeObject,
  wanted: ReadonlyMap<number, readonly [HttpRoute, Wanted]>,
): Edit | null {
  const before = httpRules(virtualService);
  const rules = before.flatMap((rule, position): Json[] => {
    if (isOurRule(view, rule)) return [];
    const [, next] = wanted.get(position) ?? [];
    const kept = withMirror(view, rule, next?.mirror);
    if (next === undefined) return [kept];
    const shifted = sameJson(kept['route'], next.destinations) ? kept : { ...kept, route: next.destinations };
    return [...(next.rules ?? []), shifted];
  });
  if (sameJson(before, rules)) return null;
  const routes = [...wanted.values()].flatMap(([route, { destinations }]) =>
    sameJson(route.destinations, destinations) ? [] : [{ route, destinations }],
  );
  const ours = (list: readonly Json[]): number =>
    list.filter(
      (rule) => isOurRule(view, rule) || asObjects(rule['mirrors']).some((one) => isOurMirror(view, one)),
    ).length;
  return { virtualService, rules, routes, withdraws: ours(rules) < ours(before) };
}

/**
 * The VirtualServices whose rules are not as wanted. Rules and mirrors of ours that no route is to have go, wherever they
 * are.
 */
export function edits(view: View, wanted: ReadonlyMap<HttpRoute, Wanted>): readonly Edit[] {
  return view.virtualServices.flatMap((virtualService) => {
    const mine = [...wanted].filter(([route]) => route.virtualService === virtualService);
    const known = new Map(mine.map(([route, one]) => [route.position, [route, one] as const]));
    return editOf(view, virtualService, known) ?? [];
  });
}

/** Only the destinations, where nothing else changes. */
function operationsOf({ virtualService, rules, routes }: Edit): readonly object[] {
  const before = httpRules(virtualService);
  const shares = before.map((rule, position) => {
    const changed = routes.find(({ route }) => route.position === position);
    return changed === undefined ? rule : { ...rule, route: changed.destinations };
  });
  if (!sameJson(shares, rules)) return [{ op: 'replace', path: '/spec/http', value: rules }];
  return routes.map(({ route, destinations }) => ({
    op: 'replace',
    path: `/spec/http/${route.position}/route`,
    value: destinations,
  }));
}

/** The writes for these edits only, one patch per VirtualService. */
export function routeWrites(all: readonly Edit[]): readonly RouteWrite[] {
  return all.map((edit) => ({
    op: 'patch',
    target: edit.virtualService,
    patch: [ifUnchanged(edit.virtualService), ...operationsOf(edit)],
    alone: true,
  }));
}
