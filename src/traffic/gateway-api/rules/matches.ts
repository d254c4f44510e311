import type { HttpMatch, TextMatch } from '../../../api/rollout/match.ts';
import { type CrossedMatches, crossed, escaped, headersOf } from '../../chosen/crossed.ts';
import { asObject, asObjects, asString, type Json } from '../../json.ts';
import { chosenIn } from './chosen-host.ts';
import type { Rule } from './rule.ts';

/** What the API server completes where nothing is written. */
const ANY_PATH: Json = { path: { type: 'PathPrefix', value: '/' } };

/** The matches of a rule, of which none means all requests. */
export function matchesOf({ kind, raw }: Pick<Rule, 'kind' | 'raw'>): readonly Json[] {
  const all = kind === 'HTTPRoute' ? ANY_PATH : {};
  const own = asObjects(raw['matches']);
  return own.length === 0 ? [all] : own.map((one) => ({ ...all, ...one }));
}

/** Conditions of a list of headers, by names. */
export function conditionsOf(headers: unknown): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    asObjects(headers).map(({ name, type, value }) => [
      asString(name) ?? '',
      type === 'RegularExpression' ? { regex: value } : { exact: value },
    ]),
  );
}

/**
 * A condition as the Gateway API has it: whole values, or expressions. Implementations differ in whether an expression is
 * for the whole value, so that ours say so.
 */
function anchored({ exact, prefix, regex }: TextMatch): Json {
  if (exact !== undefined) return { exact };
  return { regex: prefix === undefined ? `^(?:${regex})$` : `^${escaped(prefix)}.*$` };
}

function entryOf(entry: HttpMatch): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(headersOf(entry)).map(([name, one]) => [name, anchored(one)]));
}

function listOf(conditions: Json): readonly Json[] {
  return Object.entries(conditions).map(([name, condition]) => {
    const { exact, regex } = asObject(condition);
    return exact === undefined
      ? { type: 'RegularExpression', name, value: regex }
      : { type: 'Exact', name, value: exact };
  });
}

/** The matches of a rule of ours, for requests that meet one of a user's rule and one of the entries. */
export function matchesWith(
  rule: Pick<Rule, 'kind' | 'raw' | 'route'>,
  entries: readonly HttpMatch[],
): CrossedMatches {
  const theirs = matchesOf(rule).map((one) => ({ ...one, headers: conditionsOf(one['headers']) }));
  const { matches, conflict } = crossed(theirs, chosenIn(rule.route, entries).entries.map(entryOf));
  return { matches: matches.map((one) => ({ ...one, headers: listOf(asObject(one['headers'])) })), conflict };
}
