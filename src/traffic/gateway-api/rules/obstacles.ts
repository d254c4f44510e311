import type { Json } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { isSticky, type Rule, ruleTitle } from './rule.ts';
import type { View } from './view.ts';

/** Maximum number of backends of a rule, by the specification. */
const MOST_BACKENDS = 16;

/** Why a rule with these backends of the user's cannot be split, or null. */
export function ruleObstacle(view: View, rule: Rule, base: readonly Json[]): Problem | null {
  if (isSticky(rule)) {
    return {
      reason: 'SessionPersistence',
      message: `${ruleTitle(rule)} has sessionPersistence, by which sessions stay with their backend whatever its weight: take it away (spec.rules[${rule.index}].sessionPersistence)`,
    };
  }
  const needed = base.length + 2 * base.filter(view.isMine).length;
  if (needed <= MOST_BACKENDS) return null;
  return {
    reason: 'TooManyBackends',
    message: `${ruleTitle(rule)} has ${base.length} backends and needs ${needed} for a split, of which the Gateway API allows ${MOST_BACKENDS}: take some away (spec.rules[${rule.index}].backendRefs)`,
  };
}
