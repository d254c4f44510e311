import { asObjects, type Json } from '../../json.ts';
import { CANARY, subsetOf } from './split.ts';

/** Name of our rules for requests that are chosen by a match. */
export const MATCH_RULE = 'sluice-match';

/** Whether an HTTP rule is one of ours, of whichever release: by its name, and the subset that it sends to. */
export function isMatchRule(rule: Json): boolean {
  return rule['name'] === MATCH_RULE && asObjects(rule['route']).some((one) => subsetOf(one) === CANARY);
}
