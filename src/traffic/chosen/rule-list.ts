import type { KubeObject } from '../../api/meta.ts';
import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import type { RouteWrite } from '../goal.ts';
import { asObject, asObjects, type Json, sameJson } from '../json.ts';

/** How a kind of routes has its rules, and what in them is of a release of these versions. */
export interface RuleList {
  /** The field of `spec` with the rules, that of a rule with its backends, and that with its mirrors. */
  readonly fields: { readonly rules: string; readonly backends: string; readonly mirrors: string };
  /** Whether a rule is one of ours. */
  readonly isOurRule: (rule: Json) => boolean;
  /** Whether an entry among the mirrors of a rule is one of ours. */
  readonly isOurMirror: (one: Json) => boolean;
}

/** A rule of the user's, by its position among all. */
interface Placed {
  readonly position: number;
}

/** What a rule of the user's is to have. */
export interface Wanted<Rule extends Placed> {
  readonly rule: Rule;
  readonly backends: readonly Json[];
  /** Rules of ours before it. */
  readonly before?: readonly Json[];
  /** Entry of ours among its mirrors. */
  readonly mirror?: Json;
}

/** An object whose rules must change. */
export interface Edit<Rule extends Placed> {
  readonly object: KubeObject;
  /** The user's rules with other backends. */
  readonly changed: readonly Wanted<Rule>[];
  /** A rule or a mirror of ours goes. */
  readonly withdraws: boolean;
  readonly patch: readonly PatchOperation[];
}

/** A rule without our mirror, or with another one. */
function withMirror({ fields, isOurMirror }: RuleList, rule: Json, mirror: Json | undefined): Json {
  const { [fields.mirrors]: mirrors, ...rest } = rule;
  const all = asObjects(mirrors);
  const theirs = all.filter((one) => !isOurMirror(one));
  if (mirror === undefined && theirs.length === all.length) return rule;
  const next = mirror === undefined ? theirs : [...theirs, mirror];
  return next.length === 0 ? rest : { ...rule, [fields.mirrors]: next };
}

function withBackends({ fields }: RuleList, rule: Json, backends: readonly Json[]): Json {
  return sameJson(rule[fields.backends], backends) ? rule : { ...rule, [fields.backends]: backends };
}

/** How many rules are ours, or have a mirror of ours. */
function oursIn(list: RuleList, rules: readonly Json[]): number {
  const { fields, isOurRule, isOurMirror } = list;
  return rules.filter((rule) => isOurRule(rule) || asObjects(rule[fields.mirrors]).some(isOurMirror)).length;
}

/** Only the backends, where nothing else changes. */
function patchOf(
  list: RuleList,
  before: readonly Json[],
  after: readonly Json[],
  changed: readonly Wanted<Placed>[],
): readonly PatchOperation[] {
  const path = `/spec/${list.fields.rules}`;
  const shares = before.map((rule, position) => {
    const found = changed.find((one) => one.rule.position === position);
    return found === undefined ? rule : withBackends(list, rule, found.backends);
  });
  if (!sameJson(shares, after)) return [{ op: 'replace', path, value: after }];
  return changed.map(({ rule: { position }, backends }) => ({
    op: 'replace',
    path: `${path}/${position}/${list.fields.backends}`,
    value: backends,
  }));
}

/**
 * What must change in the rules of an object, or null. Rules and mirrors of ours that no rule is to have go; rules that
 * nothing is wanted of stay as they are.
 */
export function editOf<Rule extends Placed>(
  list: RuleList,
  object: KubeObject,
  wanted: readonly Wanted<Rule>[],
): Edit<Rule> | null {
  const { fields, isOurRule } = list;
  const before = asObjects(asObject(object['spec'])[fields.rules]);
  const at = new Map(wanted.map((one) => [one.rule.position, one]));
  const after = before.flatMap((rule, position): readonly Json[] => {
    if (isOurRule(rule)) return [];
    const next = at.get(position);
    const kept = withMirror(list, rule, next?.mirror);
    return next === undefined ? [kept] : [...(next.before ?? []), withBackends(list, kept, next.backends)];
  });
  if (sameJson(before, after)) return null;
  const changed = wanted.filter(
    ({ rule, backends }) => !sameJson(asObjects(before[rule.position]?.[fields.backends]), backends),
  );
  const withdraws = oursIn(list, after) < oursIn(list, before);
  return { object, changed, withdraws, patch: patchOf(list, before, after, changed) };
}

/** The writes for these edits only, one patch per object. */
export function routeWrites(edits: readonly Edit<Placed>[]): readonly RouteWrite[] {
  return edits.map(({ object, patch }) => ({
    op: 'patch',
    target: object,
    patch: [ifUnchanged(object), ...patch],
    alone: true,
  }));
}
