import type { Metric, MetricBounds } from '../api/analysis-template.ts';
import { parseDuration } from '../api/duration.ts';

/** A relative margin never gets smaller than this, so that a single error beside a faultless stable is no breach. */
const LEAST_MARGIN = 0.001;

/** How much worse than stable is allowed: `limit = stable · (1 + relative) + absolute`, as shares. */
export interface Margin {
  readonly relative: number;
  readonly absolute: number;
}

/** What a metric is judged by, as numbers. A slow request is one above `edge` seconds. */
export interface Rules {
  /** Share of bad events that the absolute bound allows; null where there is no such bound. */
  readonly share: number | null;
  /** The latency bound in seconds; null for errors, and where latency has no absolute bound. */
  readonly seconds: number | null;
  readonly margin: Margin | null;
  /** Share of requests that may be slower than the quantile: 0.05 for 95%. */
  readonly tail: number;
}

function percent(text: string): number | null {
  const found = /^([0-9]+(?:\.[0-9]+)?)\s*%$/.exec(text.trim());
  const share = found === null ? Number.NaN : Number(found[1]) / 100;
  return share >= 0 && share <= 1 ? share : null;
}

/** `1pp` is percentage points, `20%` is relative to stable; null where the text is neither. */
export function parseIncrease(text: string): Margin | null {
  const points = /^([0-9]+(?:\.[0-9]+)?)\s*pp$/.exec(text.trim());
  if (points !== null) {
    const absolute = Number(points[1]) / 100;
    return absolute < 1 ? { relative: 0, absolute } : null;
  }
  const relative = /^([0-9]+(?:\.[0-9]+)?)\s*%$/.exec(text.trim());
  return relative === null ? null : { relative: Number(relative[1]) / 100, absolute: LEAST_MARGIN };
}

/** The rules of a metric, or the field that cannot be read and what it must look like. */
export function rulesOf(
  metric: Metric,
): { readonly rules: Rules } | { readonly field: keyof MetricBounds; readonly message: string } {
  const tail = metric.latency === undefined ? 0 : 1 - (percent(metric.latency.quantile) ?? 0.95);
  const margin = metric.maxIncrease === undefined ? null : parseIncrease(metric.maxIncrease);
  if (metric.maxIncrease !== undefined && margin === null) {
    return {
      field: 'maxIncrease',
      message: `"${metric.maxIncrease}" must be percentage points such as 1pp, or relative such as 20%`,
    };
  }
  if (metric.max === undefined) return { rules: { share: null, seconds: null, margin, tail } };
  if (metric.latency === undefined) {
    const share = percent(metric.max);
    return share === null
      ? { field: 'max', message: `"${metric.max}" must be a share from 0% to 100%, such as 1%` }
      : { rules: { share, seconds: null, margin, tail } };
  }
  const ms = parseDuration(metric.max);
  return ms === null || ms === 0
    ? { field: 'max', message: `"${metric.max}" must be a duration with its unit, such as 300ms or 2s` }
    : { rules: { share: tail, seconds: ms / 1_000, margin, tail } };
}
