import { byPods, hasPods, ownMatchers } from './pods.ts';
import { type Matcher, type Selector, selectorText } from './selectors.ts';
import { shapeOf } from './shape.ts';

/** Where a number passes. */
export interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** A metric of shares: fields of a metric of Sluice. */
export type Share =
  | { readonly max: string; readonly errors: { readonly requests: string; readonly failures: string } }
  | {
      readonly max: string;
      readonly latency: { readonly buckets: string; readonly unit: 's' | 'ms'; readonly quantile: string };
    };

const NEGATED: Readonly<Record<string, string>> = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' };

const same = (a: Matcher, b: Matcher): boolean => a.label === b.label && a.op === b.op && a.value === b.value;

/** A share of 1 as percent, without the noise of binary fractions. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(8))}%`;

function errorsOf(
  part: Selector,
  whole: Selector,
  failed: (extra: readonly Matcher[]) => readonly Matcher[] | null,
) {
  const [some, all] = [ownMatchers(part), ownMatchers(whole)];
  const extra = some.filter((one) => !all.some((other) => same(one, other)));
  const isPart = part.name === whole.name && all.every((one) => some.some((other) => same(one, other)));
  const bad = isPart && extra.length > 0 ? failed(extra) : null;
  if (bad === null || !hasPods(whole)) return null;
  const requests = byPods(whole);
  return {
    requests: selectorText(requests),
    failures: selectorText({ ...requests, matchers: [...requests.matchers, ...bad] }),
  };
}

function negated(extra: readonly Matcher[]): readonly Matcher[] | null {
  const [only, ...more] = extra;
  return only === undefined || more.length > 0 ? null : [{ ...only, op: NEGATED[only.op] ?? only.op }];
}

/**
 * The metric of shares that asks the same as a query of an average and its bounds: requests that failed of all, or that were
 * slower than a bound. Null where the query is no such ratio or quantile, or its series are not those of the pods.
 */
export function shareOf(query: string, { min, max }: Range): Share | null {
  const shape = shapeOf(query);
  if (shape === null || (min === undefined) === (max === undefined)) return null;
  if (shape.kind === 'quantile') {
    if (max === undefined || !hasPods(shape.buckets)) return null;
    const unit = /_(?:milliseconds|ms)_bucket$/.test(shape.buckets.name) ? 'ms' : 's';
    const ms = (max / shape.factor) * (unit === 'ms' ? 1 : 1_000);
    if (!(ms >= 1)) return null;
    const latency = {
      buckets: selectorText(byPods(shape.buckets)),
      unit,
      quantile: percent(shape.quantile),
    } as const;
    return { max: `${Math.round(ms)}ms`, latency };
  }
  const isGood = (min === undefined) === shape.isRest;
  const bound = (min === undefined ? (max ?? 0) : shape.scale - min) / shape.scale;
  if (bound < 0 || bound > 1) return null;
  const errors = errorsOf(shape.part, shape.whole, isGood ? negated : (extra) => extra);
  return errors === null ? null : { max: percent(bound), errors };
}
