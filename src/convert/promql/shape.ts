import { replaceSelectors, type Selector, selectorsOf } from './selectors.ts';

/** What a query computes from counters, where that is a share or a quantile of a histogram. */
export type Shape =
  | {
      readonly kind: 'ratio';
      readonly part: Selector;
      readonly whole: Selector;
      /** The query gives 1 (or 100) less the share. */
      readonly isRest: boolean;
      /** 1, or 100 for percent. */
      readonly scale: 1 | 100;
    }
  | {
      readonly kind: 'quantile';
      readonly buckets: Selector;
      readonly quantile: number;
      /** What the edges are multiplied by in the result. */
      readonly factor: number;
    };

const RATE = /(?:rate|irate|increase)\(@(\d+);\[(?:[^\]]*)\]\)/g;
const SUM = /sum(?:by\([^)]*\))?\(#(\d+);\)(?:by\([^)]*\))?/g;
const DEFAULTED = /or(?:on\(\))?vector\(0\)$/;

/** Round brackets around one token mean nothing. */
function unwrapped(text: string, token: string): string {
  const around = new RegExp(String.raw`(^|[^a-z_])\((${token})\)`, 'g');
  const next = text.replaceAll(around, '$1$2');
  return next === text ? text : unwrapped(next, token);
}

/** The query with each sum of rates as `$N;`, N being the number of its selector. */
function skeleton(query: string): string {
  const bare = replaceSelectors(query, (_, index) => `@${index};`)
    .replaceAll(/#[^\n]*/g, '')
    .replaceAll(/\s+/g, '')
    .replaceAll(RATE, '#$1;')
    .replaceAll(SUM, '$$$1;')
    .replace(DEFAULTED, '');
  return unwrapped(bare, String.raw`\$\d+;`);
}

const RATIOS: readonly { readonly form: RegExp; readonly isRest: boolean; readonly scale: 1 | 100 }[] = [
  { form: /^%$/, isRest: false, scale: 1 },
  { form: /^(?:%\*100|100\*%)$/, isRest: false, scale: 100 },
  { form: /^1-%$/, isRest: true, scale: 1 },
  { form: /^(?:100-\(?(?:%\*100|100\*%)\)?|\(1-%\)\*100|100\*\(1-%\))$/, isRest: true, scale: 100 },
];

function ratioOf(text: string, selectors: readonly Selector[]): Shape | null {
  const found = /\$(\d+);\/\$(\d+);/.exec(text);
  const [part, whole] = [selectors[Number(found?.[1])], selectors[Number(found?.[2])]];
  if (found === null || part === undefined || whole === undefined) return null;
  const form = unwrapped(text.replace(found[0], '%'), '%').replace(/^\((.*)\)$/, (all, inner: string) =>
    /[()]/.test(inner) ? all : inner,
  );
  const fit = RATIOS.find((one) => one.form.test(form));
  return fit === undefined ? null : { kind: 'ratio', part, whole, isRest: fit.isRest, scale: fit.scale };
}

function quantileOf(text: string, selectors: readonly Selector[]): Shape | null {
  const found = /^\(?histogram_quantile\((0\.\d+),\$(\d+);\)\)?(?:([*/])(1000))?$/.exec(text);
  const buckets = selectors[Number(found?.[2])];
  if (found === null || buckets === undefined || !buckets.name.endsWith('_bucket')) return null;
  const factor = found[3] === '*' ? 1_000 : found[3] === '/' ? 0.001 : 1;
  return { kind: 'quantile', buckets, quantile: Number(found[1]), factor };
}

/** The shape of a query, or null where it is another. */
export function shapeOf(query: string): Shape | null {
  const selectors = selectorsOf(query.replaceAll(/#[^\n]*/g, ''));
  const text = skeleton(query.replaceAll(/#[^\n]*/g, ''));
  return ratioOf(text, selectors) ?? quantileOf(text, selectors);
}
