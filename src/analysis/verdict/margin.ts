/** A relative margin never gets smaller than this, so that a single error is no breach if stable has none. */
const LEAST_MARGIN = 0.001;

/** How much worse than stable is allowed: `limit = stable · (1 + relative) + absolute`, as rates. */
export interface Margin {
  readonly relative: number;
  readonly absolute: number;
}

/** What a metric is judged by, as numbers. A slow request is one above `edge` seconds. */
export interface Rules {
  /** Rate of bad events that the absolute bound allows; null without such a bound. */
  readonly share: number | null;
  /** The latency bound in seconds; null for errors, and for latency without an absolute bound. */
  readonly seconds: number | null;
  readonly margin: Margin | null;
  /** Fraction of requests that may be slower than the quantile: 0.05 for 95%. */
  readonly tail: number;
  /** A check, which has its own fields for bounds. */
  readonly own?: true;
  /** The range in which a value passes. */
  readonly range?: Range;
  /** The range outside of which a value fails; absent if every value that does not pass fails. */
  readonly failure?: Range;
}

/** Numbers from `min` to `max`, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A percentage as a number: `98%` is 0.98; null for other texts. */
export function parseShare(text: string): number | null {
  const found = /^([0-9]+(?:\.[0-9]+)?)\s*%$/.exec(text.trim());
  const share = found === null ? Number.NaN : Number(found[1]) / 100;
  return share >= 0 && share <= 1 ? share : null;
}

/** `1pp` is percentage points, `20%` is relative to stable; null for other texts. */
export function parseIncrease(text: string): Margin | null {
  const points = /^([0-9]+(?:\.[0-9]+)?)\s*pp$/.exec(text.trim());
  if (points !== null) {
    const absolute = Number(points[1]) / 100;
    return absolute < 1 ? { relative: 0, absolute } : null;
  }
  const relative = /^([0-9]+(?:\.[0-9]+)?)\s*%$/.exec(text.trim());
  return relative === null ? null : { relative: Number(relative[1]) / 100, absolute: LEAST_MARGIN };
}
