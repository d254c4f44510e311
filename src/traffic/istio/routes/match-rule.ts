import { asObjects, asString, type Json } from '../../json.ts';
import { CANARY, STABLE, subsetOf } from './split.ts';

/** Name of our rules for requests that are chosen by a match. */
export const MATCH_RULE = 'sluice-match';

/** Name of our rules for clients that stay with stable. */
export const STICKY_RULE = 'sluice-sticky';

/** Names of our rules, with the subset that each sends to. */
const RULES: Readonly<Record<string, string>> = { [MATCH_RULE]: CANARY, [STICKY_RULE]: STABLE };

/** Whether a user's rule has the name of one of ours. */
export const isNameOfOurs = (name: string | undefined): boolean => name !== undefined && name in RULES;

/** Whether an HTTP rule is one of ours, of whichever release: by its name, and the subset that it sends to. */
export function isRuleOfOurs(rule: Json): boolean {
  const subset = RULES[asString(rule['name']) ?? ''];
  return subset !== undefined && asObjects(rule['route']).some((one) => subsetOf(one) === subset);
}
