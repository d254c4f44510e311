import type { Metric, MetricBounds } from '../../api/analysis/analysis-template.ts';
import { parseDuration } from '../../api/values/duration.ts';
import { checkOf } from './check.ts';
import { type Margin, parseIncrease, parseShare, type Range, type Rules } from './margin.ts';

/** A bound that cannot be read, and the expected form. */
export interface BoundProblem {
  readonly field: keyof MetricBounds;
  readonly message: string;
}

type Read = { readonly rules: Rules } | BoundProblem;

const NOTHING: Rules = { share: null, seconds: null, margin: null, tail: 0 };

function numberOr(text: string | undefined, otherwise: number): number | null {
  if (text === undefined) return otherwise;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

type Bounds = Pick<MetricBounds, 'max' | 'min'>;

/** The range of allowed numbers, or which of the two limits cannot be read. */
function rangeOf({ max, min }: Bounds): Range | { readonly edge: 'max' | 'min'; readonly message: string } {
  const must = 'must be a number such as 0.9 or 4000';
  const highest = numberOr(max, Number.POSITIVE_INFINITY);
  if (highest === null) return { edge: 'max', message: `"${max}" ${must}` };
  const lowest = numberOr(min, Number.NEGATIVE_INFINITY);
  if (lowest === null) return { edge: 'min', message: `"${min}" ${must}` };
  return lowest > highest
    ? { edge: 'min', message: `"${min}" must not be above max "${max}"` }
    : { min: lowest, max: highest };
}

const isGiven = (bounds: Bounds | undefined): bounds is Bounds =>
  bounds?.max !== undefined || bounds?.min !== undefined;

/** The bounds of a number: where it passes, and where it fails. */
function numberRules(metric: Metric): Read {
  const { max, maxIncrease, failure } = metric;
  if (maxIncrease !== undefined)
    return {
      field: 'maxIncrease',
      message: 'a value is not compared with stable; set max or min to a number',
    };
  const range = rangeOf(metric);
  if ('edge' in range) return { field: range.edge, message: range.message };
  const passing = isGiven(metric) ? { range } : {};
  if (!isGiven(failure)) return { rules: { ...NOTHING, ...passing } };
  const fails = rangeOf(failure);
  if ('edge' in fails) return { field: 'failure', message: `${fails.edge} ${fails.message}` };
  if (range.max < Number.POSITIVE_INFINITY && fails.max < range.max)
    return {
      field: 'failure',
      message: `max "${failure.max}" must not be below the max "${max}" that passes`,
    };
  if (range.min > Number.NEGATIVE_INFINITY && fails.min > range.min)
    return {
      field: 'failure',
      message: `min "${failure.min}" must not be above the min "${metric.min}" that passes`,
    };
  return { rules: { ...NOTHING, ...passing, failure: fails } };
}

function driftRules({ max, maxIncrease }: Metric, margin: Margin | null): Read {
  if (max !== undefined)
    return { field: 'max', message: 'drift is only compared with stable; set maxIncrease, such as 5pp' };
  if (margin !== null && margin.relative > 0)
    return { field: 'maxIncrease', message: `"${maxIncrease}" must be in percentage points, such as 5pp` };
  return { rules: { ...NOTHING, margin } };
}

function latencyRules(max: string | undefined, tail: number, margin: Margin | null): Read {
  if (max === undefined) return { rules: { ...NOTHING, margin, tail } };
  const ms = parseDuration(max);
  return ms === null || ms === 0
    ? { field: 'max', message: `"${max}" must be a duration with its unit, such as 250ms or 2s` }
    : { rules: { share: tail, seconds: ms / 1_000, margin, tail } };
}

function errorRules(max: string | undefined, margin: Margin | null): Read {
  if (max === undefined) return { rules: { ...NOTHING, margin } };
  const share = parseShare(max);
  return share === null
    ? { field: 'max', message: `"${max}" must be a share from 0% to 100%, such as 1%` }
    : { rules: { ...NOTHING, share, margin } };
}

const BOUNDS = ['max', 'min', 'maxIncrease', 'failure'] as const;

function checkRules(name: string, metric: Metric): Read {
  const field = BOUNDS.find((bound) => metric[bound] !== undefined);
  if (field === undefined) return { rules: { ...NOTHING, own: true } };
  return { field, message: `a ${name} check has its bounds in ${name} itself; take it away` };
}

/** A webhook may answer with a verdict, which needs no bounds. */
function webhookRules(metric: Metric): Read {
  const read = numberRules(metric);
  return 'rules' in read ? { rules: { ...read.rules, own: true } } : read;
}

/** The rules of a metric, or the field that cannot be read and its expected form. */
export function rulesOf(metric: Metric): Read {
  const check = checkOf(metric);
  if (metric.webhook !== undefined) return webhookRules(metric);
  if (check !== null) return checkRules(check.name, metric);
  if (metric.value !== undefined) return numberRules(metric);
  if (metric.min !== undefined)
    return { field: 'min', message: 'only a value has a lowest number; take it away' };
  if (metric.failure !== undefined)
    return { field: 'failure', message: 'only a value has a bound of its own for failures; take it away' };
  const margin = metric.maxIncrease === undefined ? null : parseIncrease(metric.maxIncrease);
  if (metric.maxIncrease !== undefined && margin === null) {
    const message = `"${metric.maxIncrease}" must be percentage points such as 1pp, or relative such as 20%`;
    return { field: 'maxIncrease', message };
  }
  if (metric.drift !== undefined) return driftRules(metric, margin);
  if (metric.latency === undefined) return errorRules(metric.max, margin);
  return latencyRules(metric.max, 1 - (parseShare(metric.latency.quantile) ?? 0.95), margin);
}
