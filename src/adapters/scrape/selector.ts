import { RE2JS } from 're2js';
import type { Series } from '../../analysis/evidence/sample.ts';
import { wordsOf } from '../../errors.ts';

type Labels = Series['labels'];

/** One condition on a label. A label that a series does not have is empty, as in PromQL. */
interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  readonly fits: (value: string) => boolean;
}

/** The series with these labels; their name is the label `__name__`. */
export type Selector = readonly Matcher[];

/** Why a query is refused, as a sentence with the fix. */
interface Refused {
  readonly problem: string;
}

/** Maximum length of a label value that is matched with a pattern. */
const LONGEST_VALUE = 1_024;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*/;
const STRING = /^("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)/;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  return inner.replaceAll(/\\(.)/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
}

function matcherOf(label: string, operator: Matcher['operator'], value: string): Matcher | Refused {
  if (operator === '=') return { label, operator, value, fits: (text) => text === value };
  if (operator === '!=') return { label, operator, value, fits: (text) => text !== value };
  try {
    const pattern = RE2JS.compile(value, RE2JS.DOTALL);
    const wanted = operator === '=~';
    const fits = (text: string): boolean => text.length <= LONGEST_VALUE && pattern.matches(text) === wanted;
    return { label, operator, value, fits };
  } catch (error) {
    const why = wordsOf(error);
    return { problem: `the pattern of ${label} is no regular expression: ${why}` };
  }
}

interface Read<T> {
  readonly read: T;
  readonly rest: string;
}

/** The conditions between braces; `text` begins after the first one. */
function readMatchers(text: string): Read<Matcher[]> | Refused {
  const read: Matcher[] = [];
  let rest = text.trimStart();
  while (!rest.startsWith('}')) {
    const [head, label, operator] = LABEL.exec(rest) ?? [];
    const quoted = head === undefined ? undefined : STRING.exec(rest.slice(head.length))?.[0];
    if (head === undefined || label === undefined || quoted === undefined)
      return { problem: 'a brace is not closed, or a label is not written as label="value"' };
    const matcher = matcherOf(label, operator as Matcher['operator'], unquoted(quoted));
    if ('problem' in matcher) return matcher;
    read.push(matcher);
    rest = rest.slice(head.length + quoted.length).trimStart();
    if (rest.startsWith(',')) rest = rest.slice(1).trimStart();
    else if (!rest.startsWith('}')) return { problem: 'between two labels there is no comma' };
  }
  return { read, rest: rest.slice(1) };
}

function readSelector(text: string): Read<Selector> | Refused {
  const name = NAME.exec(text)?.[0];
  const named = name === undefined ? [] : [matcherOf('__name__', '=', name) as Matcher];
  const rest = text.slice(name?.length ?? 0).trimStart();
  if (!rest.startsWith('{'))
    return name === undefined
      ? { problem: 'it does not begin with the name of a metric' }
      : { read: named, rest };
  const matchers = readMatchers(rest.slice(1));
  if ('problem' in matchers) return matchers;
  const read = [...named, ...matchers.read];
  return read.some(({ label }) => label === '__name__')
    ? { read, rest: matchers.rest }
    : { problem: 'it names no metric' };
}

const ONLY =
  'pods are scraped without Prometheus, so a query may only be name{label="value"}, or several joined by or';

/**
 * Reads a query that only selects series: `name{label="value"}`, or several of them joined by `or`. Any other PromQL is
 * refused with a reason.
 */
export function parseSelectors(query: string): { readonly selectors: readonly Selector[] } | Refused {
  const selectors: Selector[] = [];
  let rest = query.trim();
  for (;;) {
    const selector = readSelector(rest);
    if ('problem' in selector) return { problem: `${ONLY}: ${selector.problem}` };
    selectors.push(selector.read);
    rest = selector.rest.trim();
    if (rest === '') return { selectors };
    const joined = /^or\b/i.exec(rest);
    if (joined === null) return { problem: `${ONLY}: then comes ${rest.slice(0, 20)}` };
    rest = rest.slice(2).trim();
  }
}

/** Whether a series matches a selector. Labels in `given` are known to match. */
export function selects(selector: Selector, labels: Labels): boolean {
  return selector.every(({ label, fits }) => fits(labels[label] ?? ''));
}

/** The value of a label if a selector requires exactly one. */
export function exactly(selector: Selector, label: string): string | undefined {
  return selector.find((matcher) => matcher.label === label && matcher.operator === '=')?.value;
}

/** Whether a series of that name, or one whose label has that value, may be selected. */
export function mayHave(selector: Selector, label: string, value: string): boolean {
  return selector.every((matcher) => matcher.label !== label || matcher.fits(value));
}
