import type { Range } from '../promql/shares.ts';

/** What a condition says of a number. */
export interface Condition {
  readonly range: Range;
  /** Some comparison leaves its bound out: `> 5`. */
  readonly isStrict: boolean;
  /** It holds where there is no data. */
  readonly holdsWithoutData: boolean;
}

const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:e-?\d+)?`;
const COMPARISON = new RegExp(`^(?:R(>=|<=|==|>|<)(${NUMBER})|(${NUMBER})(>=|<=|==|>|<)R)$`);
const TURNED: Readonly<Record<string, string>> = { '>=': '<=', '<=': '>=', '>': '<', '<': '>', '==': '==' };

/** The result as `R`, whichever way it is written. */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, '')
    .replaceAll(/len\(result\)/g, 'L')
    .replaceAll(/result\[0\]|\bresult\b(?![.[])/g, 'R')
    .replaceAll(/(?:asFloat|asInt|float|int)\((R)\)/g, '$1');
}

/** Terms between an operator at the top, with brackets around them taken away. */
function termsOf(text: string, operator: '||' | '&&'): string[] {
  const bare = /^\(([^()]*)\)$/.exec(text)?.[1] ?? text;
  return bare.split(operator).map((term) => /^\(([^()]*)\)$/.exec(term)?.[1] ?? term);
}

const WITHOUT_DATA = /^(?:L==0|isNaN\(R\)|R==nil)$/;
const WITH_DATA = /^(?:L>0|L!=0|!isNaN\(R\)|R!=nil|!?isInf\(R\))$/;

function holds(range: Range, value: number): boolean {
  return value >= (range.min ?? Number.NEGATIVE_INFINITY) && value <= (range.max ?? Number.POSITIVE_INFINITY);
}

/** The bounds of a comparison; null where it is none. */
function comparison(term: string): { readonly range: Range; readonly isStrict: boolean } | null {
  const found = COMPARISON.exec(term);
  if (found === null) return null;
  const [, after, right, left, before] = found;
  const op = after ?? TURNED[before ?? ''] ?? '';
  const bound = Number(right ?? left);
  const range =
    op === '==' ? { min: bound, max: bound } : op.startsWith('>') ? { min: bound } : { max: bound };
  return { range, isStrict: op === '>' || op === '<' };
}

/** What a metric is by default where there is no data: `default(result, 0)`. */
function defaulted(text: string): { readonly text: string; readonly value: number | null } {
  const found = new RegExp(String.raw`default\(R,(${NUMBER})\)`).exec(text);
  return found === null
    ? { text, value: null }
    : { text: text.replaceAll(found[0], 'R'), value: Number(found[1]) };
}

/** Reads a condition under which a number passes; null where it is more than bounds of one number. */
export function readCondition(source: string): Condition | null {
  const { text, value } = defaulted(plain(source));
  const terms = termsOf(text, '||');
  const rest = terms.filter((term) => !WITHOUT_DATA.test(term));
  const [only = '', ...more] = rest;
  if (more.length > 0) return null;
  const parts = termsOf(only, '&&').filter((term) => !WITH_DATA.test(term));
  const read = parts.map(comparison);
  if (read.length === 0 || read.some((one) => one === null)) return null;
  const range = Object.assign({}, ...read.map((one) => one?.range)) as Range;
  const holdsWithoutData = rest.length < terms.length || (value !== null && holds(range, value));
  return { range, isStrict: read.some((one) => one?.isStrict === true), holdsWithoutData };
}

/** Reads a condition under which a number fails: the bounds beyond which it does. */
export function readFailure(source: string): Condition | null {
  const { text } = defaulted(plain(source));
  const terms = termsOf(text, '||').flatMap((term) => termsOf(term, '&&'));
  const parts = terms.filter((term) => !WITHOUT_DATA.test(term) && !WITH_DATA.test(term));
  const read = parts.map(comparison);
  if (read.length === 0 || read.length > 2 || read.some((one) => one === null)) return null;
  // Two bounds joined by && would be a band that fails.
  if (read.length === 2 && !text.includes('||')) return null;
  const all = Object.assign({}, ...read.map((one) => one?.range)) as Range;
  if (all.min !== undefined && all.min === all.max) return null;
  // Above a lower bound of the failure is above the upper bound of what passes.
  const range: Range = {
    ...(all.min !== undefined && { max: all.min }),
    ...(all.max !== undefined && { min: all.max }),
  };
  const holdsWithoutData = terms.some((term) => WITHOUT_DATA.test(term));
  return { range, isStrict: read.some((one) => one?.isStrict === true), holdsWithoutData };
}
