import type { KubeObject } from '../../../api/meta.ts';
import type { HttpMatch } from '../../../api/rollout/match.ts';
import { ifUnchanged } from '../../../api/values/json-patch.ts';
import { cookieValues, groupsAt } from '../../chosen/sticky.ts';
import type { RouteVersions } from '../../context.ts';
import type { RouteGoal, RouteWrite } from '../../goal.ts';
import { asObjects, type Json, sameJson } from '../../json.ts';
import { chosenIn } from './chosen-host.ts';
import { withCookie } from './cookie.ts';
import { matchesWith } from './matches.ts';
import { isMirrorOfOurs, isRuleOfOurs, mirrorBackend, withFilters, withoutOurs } from './own-rule.ts';
import { type Rule, rawRules } from './rule.ts';
import { onlyAt, split, splitClients } from './split.ts';
import { hasTraffic, type View } from './view.ts';

/** The goal of a split. */
export type SplitGoal = Extract<RouteGoal, { kind: 'split' }>;

/** What a rule of the user's is to have. */
export interface Wanted {
  readonly rule: Rule;
  readonly refs: readonly Json[];
  /** Rules of ours before it. */
  readonly rules?: readonly Json[];
  /** Filter of ours among its own. */
  readonly mirror?: Json;
}

/** A route whose rules must change. */
export interface Edit {
  readonly route: KubeObject;
  /** The rules that it should have. */
  readonly rules: readonly Json[];
  /** The user's rules with other backends. */
  readonly changed: readonly Wanted[];
  /** A rule or a mirror of ours goes. */
  readonly withdraws: boolean;
}

/** Rules of ours in a route, which other releases may have, too. */
const isOurRule = (view: View, raw: Json): boolean =>
  isRuleOfOurs(raw) && asObjects(raw['backendRefs']).some((one) => view.versionOf(one) !== undefined);

const isOurMirror = (view: View, filter: Json): boolean =>
  isMirrorOfOurs(filter) && view.versionOf(mirrorBackend(filter)) !== undefined;

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
export function splitOf(splitting: Splitting, rule: Rule, base: readonly Json[], given: SplitGoal): Wanted {
  const { view } = splitting;
  const goal = possible(rule, given);
  if (!hasTraffic(view, base)) return { rule, refs: split(base, view, goal.weight) };
  const mirror = goal.mirror === undefined ? null : mirrorFor(view, base, goal.mirror);
  return {
    rule,
    refs: sharesFor(splitting, base, goal),
    rules: rulesFor(splitting, rule, base, goal),
    ...(mirror === null ? {} : { mirror }),
  };
}

/** A rule without our filter, or with another one. */
function withMirror(view: View, raw: Json, mirror: Json | undefined): Json {
  const all = asObjects(raw['filters']);
  const theirs = all.filter((one) => !isOurMirror(view, one));
  if (mirror === undefined && theirs.length === all.length) return raw;
  return withFilters(raw, mirror === undefined ? theirs : [...theirs, mirror]);
}

function editOf(view: View, route: KubeObject, wanted: readonly Wanted[]): Edit | null {
  const before = rawRules(route);
  const at = new Map(wanted.map((one) => [one.rule.position, one]));
  const rules = before.flatMap((raw, position): readonly Json[] => {
    if (isOurRule(view, raw)) return [];
    const next = at.get(position);
    const kept = withMirror(view, raw, next?.mirror);
    if (next === undefined) return [kept];
    const shifted = sameJson(kept['backendRefs'], next.refs) ? kept : { ...kept, backendRefs: next.refs };
    return [...(next.rules ?? []), shifted];
  });
  if (sameJson(before, rules)) return null;
  const ours = (list: readonly Json[]): number =>
    list.filter((raw) => isOurRule(view, raw) || withMirror(view, raw, undefined) !== raw).length;
  const changed = wanted.filter(({ rule, refs }) => !sameJson(rule.refs, refs));
  return { route, rules, changed, withdraws: ours(rules) < ours(before) };
}

/** The routes whose rules are not as wanted. Rules and mirrors of ours that no rule is to have go, wherever they are. */
export function editsOf(view: View, wanted: readonly Wanted[]): readonly Edit[] {
  return view.routes.flatMap(
    (route) =>
      editOf(
        view,
        route,
        wanted.filter(({ rule }) => rule.route === route),
      ) ?? [],
  );
}

/** Only the backends, where nothing else changes. */
function operationsOf({ route, rules, changed }: Edit): readonly object[] {
  const shares = rawRules(route).map((raw, position) => {
    const found = changed.find(({ rule }) => rule.position === position);
    return found === undefined ? raw : { ...raw, backendRefs: found.refs };
  });
  if (!sameJson(shares, rules)) return [{ op: 'replace', path: '/spec/rules', value: rules }];
  return changed.map(({ rule: { position }, refs }) => ({
    op: 'replace',
    path: `/spec/rules/${position}/backendRefs`,
    value: refs,
  }));
}

/** The writes for these edits only, one patch per route. */
export function routeWrites(edits: readonly Edit[]): readonly RouteWrite[] {
  return edits.map((edit) => ({
    op: 'patch',
    target: edit.route,
    patch: [ifUnchanged(edit.route), ...operationsOf(edit)],
    alone: true,
  }));
}
