/** A condition on a label in a selector. */
export interface Matcher {
  readonly label: string;
  readonly op: string;
  /** As it stands between the quotes. */
  readonly value: string;
}

/** A selector of PromQL: a metric name and its matchers. */
export interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

const STRING = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`;
const SELECTOR = new RegExp(
  String.raw`([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*\{(?!\{)((?:${STRING}|[^{}"'])*)\}`,
  'g',
);
const MATCHER = new RegExp(String.raw`([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(${STRING})`, 'g');

function matchersIn(body: string): Matcher[] {
  return [...body.matchAll(MATCHER)].map(([, label = '', op = '', value = '']) => ({
    label,
    op,
    value: value.slice(1, -1),
  }));
}

/** A selector as PromQL. */
export function selectorText({ name, matchers }: Selector): string {
  const body = matchers.map(
    ({ label, op, value }) => `${label}${op}"${value.replaceAll(/(?<!\\)"/g, String.raw`\"`)}"`,
  );
  return `${name}{${body.join(',')}}`;
}

/** The query with each selector replaced. Template variables such as `{{ x }}` outside of selectors stay. */
export function replaceSelectors(
  query: string,
  replace: (selector: Selector, index: number) => string,
): string {
  let index = 0;
  return query.replaceAll(SELECTOR, (_, name: string | undefined, body: string) =>
    replace({ name: name ?? '', matchers: matchersIn(body) }, index++),
  );
}

/** The selectors of a query, in their order. */
export function selectorsOf(query: string): readonly Selector[] {
  const found: Selector[] = [];
  replaceSelectors(query, (selector) => {
    found.push(selector);
    return '';
  });
  return found;
}
