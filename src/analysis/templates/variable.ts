/** The place of a variable. */
export interface Place {
  /** Between the quotes of a pattern (`=~` or `!~`). */
  readonly pattern: boolean;
}

/** The value of a `{{variable}}` in a template; undefined leaves it as it is. */
export type Lookup = (name: string, place: Place) => string | undefined;

/** A name or a number: the only values allowed outside of quotes. */
const BARE = /^([a-zA-Z_:][a-zA-Z0-9_:]*|[0-9]+(\.[0-9]+)?(ms|s|m|h|d)?)$/;
const TOKEN = /\\[\s\S]|["'`]|\{\{([^{}]*)\}\}/g;

interface Token {
  /** Name of the variable. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** The quote around it, if any. */
  readonly quote: string;
  readonly pattern: boolean;
}

/** The operator that makes the string after it a pattern. */
const BEFORE_PATTERN = /[=!]~\s*$/;

/** The variables of a template, with the quotes around them. */
function tokensOf(template: string): Token[] {
  const tokens: Token[] = [];
  let [quote, pattern] = ['', false];
  for (const { 0: text, 1: name, index } of template.matchAll(TOKEN)) {
    if (name !== undefined) {
      tokens.push({ name: name.trim(), start: index, end: index + text.length, quote, pattern });
    } else if (text.length === 1 && quote === '') {
      [quote, pattern] = [text, BEFORE_PATTERN.test(template.slice(0, index))];
    } else if (text === quote) {
      [quote, pattern] = ['', false];
    }
  }
  return tokens;
}

/** The names of all variables in a template. */
export function variablesOf(template: string): string[] {
  return tokensOf(template).map(({ name }) => name);
}

/** A value escaped for PromQL quotes, so that it can never end the string. */
function quoted(value: string, quote: string): string | null {
  if (quote === '`') return value.includes('`') ? null : value;
  return value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n');
}

/** The template with the values filled in, or why a value is refused. */
export function expand(
  template: string,
  lookup: Lookup,
): { readonly text: string } | { readonly problem: string } {
  let text = '';
  let from = 0;
  for (const { name, start, end, quote, pattern } of tokensOf(template)) {
    const value = lookup(name, { pattern });
    if (value === undefined) continue;
    const safe = quote === '' ? (BARE.test(value) ? value : null) : quoted(value, quote);
    if (safe === null) {
      const fix =
        quote === '' ? 'outside of quotes only a name or a number may stand' : 'it contains a back quote';
      return { problem: `the value of {{${name}}} cannot be put in: ${fix}` };
    }
    text += template.slice(from, start) + safe;
    from = end;
  }
  return { text: text + template.slice(from) };
}

/** A literal as a regular expression of RE2, which PromQL uses. */
export function regexLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
