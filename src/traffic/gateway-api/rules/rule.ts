import { createHash } from 'node:crypto';
import { perObject } from '../../../api/memo.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { canonical } from '../../../api/values/canonical.ts';
import { type KindObjects, ofKind } from '../../context.ts';
import { asObject, asObjects, asString, type Json } from '../../json.ts';
import { ROUTE_KINDS, type RuleOriginal } from '../plan.ts';
import { isRuleOfOurs, withoutOurs } from './own-rule.ts';

/** A rule of a route, as it is now. */
export interface Rule {
  readonly route: KubeObject;
  readonly kind: RuleOriginal['kind'];
  /** Position among the user's rules. */
  readonly index: number;
  /** Position among all, ours included. */
  readonly position: number;
  readonly name: string | undefined;
  /** Its backends, raw. */
  readonly refs: readonly Json[];
  /** Digest of everything else in it. */
  readonly rest: string;
  readonly raw: Json;
}

const digest = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('base64url').slice(0, 16);

/** The rules of a route as they are, ours included. */
export function rawRules(route: KubeObject): readonly Json[] {
  return asObjects(asObject(route['spec'])['rules']);
}

/** The rules of a route that are not ours, in their order. Parsed once per version of the object. */
export const rulesOf = perObject((route): readonly Rule[] => {
  const all = rawRules(route).map((raw, position) => ({ raw, position }));
  return all
    .filter(({ raw }) => !isRuleOfOurs(raw))
    .map(({ raw, position }, index) => ruleOf(route, raw, { position, index }));
});

function ruleOf(route: KubeObject, raw: Json, at: Pick<Rule, 'position' | 'index'>): Rule {
  const { backendRefs, ...rest } = withoutOurs(raw);
  return {
    route,
    kind: route.kind as Rule['kind'],
    ...at,
    name: asString(raw['name']),
    refs: asObjects(backendRefs),
    rest: digest(rest),
    raw,
  };
}

/** All routes, HTTPRoutes first. */
export function routesIn(objects: KindObjects | undefined): readonly KubeObject[] {
  return ROUTE_KINDS.flatMap((kind) => ofKind(objects, kind));
}

/** A route in a message. */
export function routeTitle({ kind, metadata: { name } }: Pick<KubeObject, 'kind' | 'metadata'>): string {
  return `${kind} ${name}`;
}

/** A rule in a message: by its name, or else by its place. */
export function ruleLabel({
  index,
  name,
}: {
  readonly index: number;
  readonly name?: string | undefined;
}): string {
  return name === undefined ? `rules[${index}]` : `"${name}" (rules[${index}])`;
}

/** A rule with its route, in a message. */
export const ruleTitle = (rule: Rule): string => `rule ${ruleLabel(rule)} of ${routeTitle(rule.route)}`;

/** Whether sessions stay with their backend, which the specification keeps up even at weight 0. */
export function isSticky({ raw }: Rule): boolean {
  return raw['sessionPersistence'] !== undefined && raw['sessionPersistence'] !== null;
}

/** Weight of a backend; 1 where it has none. */
export function weightOf({ weight }: Json): number {
  if (weight === undefined || weight === null) return 1;
  return typeof weight === 'number' && Number.isInteger(weight) && weight > 0 ? weight : 0;
}
