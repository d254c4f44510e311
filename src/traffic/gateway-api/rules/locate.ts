import { type Json, sameJson } from '../../json.ts';
import { MOST_RULES, type RuleOriginal } from '../plan.ts';
import { remembered } from '../services/pair.ts';
import type { GatewayTraffic } from '../spec.ts';
import type { Rule } from './rule.ts';
import { collapse, natureOf, split } from './split.ts';
import { isSplit, isToWorkload, type View } from './view.ts';

/** A rule of a release, its current place, and the user's backends. */
export interface Located {
  readonly original: RuleOriginal;
  /** Null if the rule no longer exists. */
  readonly rule: Rule | null;
  /** The user's newest backends. */
  readonly base: readonly Json[];
}

interface Sought {
  readonly original: RuleOriginal;
  readonly base: readonly Json[];
  /** Whether our Services remember it. */
  readonly certain: boolean;
}

type Named = Pick<GatewayTraffic, 'rules'>;

/** Where the policy names rules, a rule of another name is another rule. */
function isOtherName({ rules }: Named, original: RuleOriginal, rule: Rule): boolean {
  return rules !== undefined && original.name !== rule.name;
}

/**
 * How well a rule matches an original; 0 if it cannot be it. The route decides. Rules need not have names, so being split
 * counts most, since another rule to the Service leaves the split one split; then what else is in the rule, equal
 * backends, its name, backends of the same kind, and its place.
 */
function fit(view: View, spec: Named, { original, base }: Sought, rule: Rule): number {
  const isItsRoute = rule.kind === original.kind && rule.route.metadata.name === original.route;
  if (!isItsRoute || isOtherName(spec, original, rule) || !isToWorkload(view, rule)) return 0;
  const isOurs = isSplit(view, rule);
  const same = sameJson(rule.refs, isOurs ? split(base, view, 0) : base);
  const signs = [
    isOurs,
    rule.rest === original.rest,
    same,
    rule.name !== undefined && rule.name === original.name,
    natureOf(view, rule.refs) === natureOf(view, base),
    rule.index === original.index,
  ];
  return signs.reduce((score, sign) => 2 * score + (sign ? 1 : 0), 1);
}

/** The rule of each original, the best match first, so that none takes the rule of another. */
function assign(view: View, spec: Named, sought: readonly Sought[]): ReadonlyMap<number, Rule> {
  const pairs = sought
    .flatMap((one, place) => view.rules.map((rule) => ({ place, rule, score: fit(view, spec, one, rule) })))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score);
  const found = new Map<number, Rule>();
  const taken = new Set<Rule>();
  for (const { place, rule } of pairs) {
    if (found.has(place) || taken.has(rule)) continue;
    found.set(place, rule);
    taken.add(rule);
  }
  return found;
}

const keyOf = ({ kind, route, index, name, rest }: RuleOriginal): string =>
  JSON.stringify([kind, route, index, name, rest]);

/** The rules of the plan, and others that our Services record: they appeared in mid-release. */
function soughtOf(view: View, planned: readonly RuleOriginal[]): readonly Sought[] {
  const memory = [...(remembered(view.pairs) ?? [])];
  const known = planned.map((original): Sought => {
    const at = memory.findIndex((one) => keyOf(one) === keyOf(original));
    const [found] = at < 0 ? [] : memory.splice(at, 1);
    return { original, base: (found ?? original).refs, certain: found !== undefined };
  });
  const appeared = memory.map(
    (one): Sought => ({ original: { ...one, pinned: true }, base: one.refs, certain: true }),
  );
  return [...known, ...appeared];
}

function locatedAt(view: View, { original, base, certain }: Sought, rule: Rule | null): Located {
  if (rule === null) return { original, rule, base };
  if (!isSplit(view, rule)) return { original, rule, base: rule.refs };
  const known = certain || natureOf(view, rule.refs) === natureOf(view, base);
  return { original, rule, base: known ? base : collapse(view, rule.refs) };
}

/** A rule as a plan has it. */
export function originalOf({ kind, route, index, name, rest }: Rule, refs: readonly Json[]): RuleOriginal {
  return {
    kind,
    route: route.metadata.name,
    index,
    ...(name === undefined ? {} : { name }),
    rest,
    refs: refs.map((one) => ({ ...one })),
  };
}

/**
 * The original of a rule with our Services that is not in the plan: an original of the same kind whose rule is missing,
 * if there is one, since somebody may have renamed it.
 */
function baseOfStray(view: View, located: readonly Located[], rule: Rule): readonly Json[] {
  const nature = natureOf(view, rule.refs);
  const [lost, ...more] = located.filter((one) => one.rule === null && natureOf(view, one.base) === nature);
  return lost !== undefined && more.length === 0 ? lost.base : collapse(view, rule.refs);
}

/** An unknown rule: a new one, or a copy of a split one. It stays with stable until the release is over. */
function newlyFound(view: View, known: readonly Located[], rule: Rule): Located {
  const base = isSplit(view, rule) ? baseOfStray(view, known, rule) : rule.refs;
  return { original: { ...originalOf(rule, base), pinned: true }, rule, base };
}

/**
 * Finds the rules of the plan again, in routes that may have been edited or applied again. After them come the rules to
 * the workload that appeared in mid-release.
 *
 * A rule without our Services is the user's: its current backends get split, and restored in the end, even if they have
 * changed since the start (a GitOps tool applied a newer version). Our Services record them. In a rule with our Services,
 * backends and weights that somebody edits are corrected. If somebody deletes our Services after a newer version was
 * applied, that version is derived from its split.
 */
export function locate(view: View, planned: readonly RuleOriginal[], spec: Named = {}): readonly Located[] {
  const sought = soughtOf(view, planned);
  const rules = assign(view, spec, sought);
  const known = sought.map((one, place) => locatedAt(view, one, rules.get(place) ?? null));
  const taken = new Set(rules.values());
  const appeared = view.rules.filter((rule) => !taken.has(rule) && isToWorkload(view, rule));
  const room = Math.max(0, MOST_RULES - known.length);
  const found = appeared.filter((rule, place) => place < room || isSplit(view, rule));
  return [...known, ...found.map((rule) => newlyFound(view, known, rule))];
}

/** The recorded originals of existing rules, from our Services. */
export function knownBases(view: View): ReadonlyMap<Rule, readonly Json[]> {
  const originals = remembered(view.pairs) ?? [];
  const found = locate(view, originals).slice(0, originals.length);
  return new Map(
    found.flatMap(({ rule, base }): [Rule, readonly Json[]][] => (rule === null ? [] : [[rule, base]])),
  );
}
