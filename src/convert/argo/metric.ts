import type { Field } from '../ledger/ledger.ts';
import { compact } from '../output.ts';
import type { Range } from '../promql/shares.ts';
import { msOf, spanText } from '../values/duration.ts';
import { type Condition, readCondition, readFailure } from './condition.ts';
import type { Uses } from './uses.ts';

/** A metric of Sluice as plain data. */
export type Metric = Readonly<Record<string, unknown>> & { readonly name: string };

/** What a metric is converted with. */
export interface MetricContext {
  readonly template: string;
  readonly uses: Uses;
  readonly dryRun: boolean;
}

export const ARG = /\{\{\s*args\.([^{}\s]+)\s*\}\}/g;

/** A text with arguments of one known value filled in; null if one is not known. */
export function filledIn(text: string, { template, uses }: MetricContext): string | null {
  let isKnown = true;
  const filled = text.replaceAll(ARG, (_, name: string) => {
    const [only, ...more] = uses.values(template, name);
    if (only === undefined || more.length > 0) isKnown = false;
    return only ?? '';
  });
  return isKnown ? filled : null;
}

export interface Conditions {
  readonly success?: Condition;
  readonly failure?: Condition;
}

const COMPLEX =
  'is more than bounds of one number, which is all that a metric of Sluice has: let the query give one number that can be held against a bound, or ask the question by a webhook or a Job';

function conditionOf(
  field: Field,
  context: MetricContext,
  read: (source: string) => Condition | null,
): Condition | undefined {
  const text = field.text();
  if (text === undefined) return undefined;
  const filled = filledIn(text, context);
  const condition = filled === null ? null : read(filled);
  if (condition !== null) return condition;
  field.refuse(
    filled === null
      ? 'takes its bound from an argument, which a bound of Sluice cannot: write the number here, or in analysis.bounds of each Rollout'
      : COMPLEX,
  );
  return undefined;
}

const range = ({ min, max }: Range): Record<string, string> => ({
  ...(max !== undefined && { max: String(max) }),
  ...(min !== undefined && { min: String(min) }),
});

export function boundsOf({ success, failure }: Conditions): Record<string, unknown> {
  return {
    ...(success === undefined ? {} : range(success.range)),
    ...(failure === undefined ? {} : { failure: range(failure.range) }),
  };
}

const STRICT = 'a number exactly at the bound passes in Sluice';
const EMPTY =
  'no data is neither pass nor fail in Sluice; since the condition passes without data, the metric is left out then (onNoData: ignore)';

export function remarkConditions(metric: Field, conditions: Conditions, to: string): void {
  for (const [key, condition] of [
    ['successCondition', conditions.success],
    ['failureCondition', conditions.failure],
  ] as const) {
    if (condition === undefined) continue;
    const remarks = [
      ...(condition.isStrict ? [STRICT] : []),
      ...(condition.holdsWithoutData
        ? [key === 'successCondition' ? EMPTY : 'no data fails nothing in Sluice: the step waits (onNoData)']
        : []),
    ];
    if (remarks.length === 0) metric.at(key).keep(to);
    else metric.at(key).remark(remarks.join('; '), to);
  }
}

/** A whole number, also as a text; refused where it is another thing or takes an argument. */
function countOf(field: Field, context: MetricContext): number | undefined {
  if (!field.isGiven) return undefined;
  const text = typeof field.value === 'string' ? filledIn(field.value, context) : field.value;
  if (/^-?\d+$/.test(String(text))) return Number(text);
  field.refuse('must be a whole number, and not an argument: write the number');
  return undefined;
}

export function cadenceOf(metric: Field, context: MetricContext, to: string): Record<string, unknown> {
  const interval = msOf(metric.at('interval'));
  const delay = msOf(metric.at('initialDelay'));
  const given = countOf(metric.at('count'), context);
  const limit = countOf(metric.at('failureLimit'), context);
  const count = given === undefined || given < 1 || given > 100 ? undefined : given;
  if (given !== undefined && count === undefined)
    metric.at('count').refuse('must be from 1 to 100 for each step');
  else
    metric
      .at('count')
      .remark(
        'so many measurements are needed in each step, not once in a run; measuring continues while the canary has traffic',
        `${to}.count`,
      );
  const isLimited = limit !== undefined && limit >= 0 && (count === undefined || limit < count);
  if (isLimited)
    metric
      .at('failureLimit')
      .remark('counts among the newest measurements of a step, not of the whole run', `${to}.failureLimit`);
  else
    metric
      .at('failureLimit')
      .refuse(
        'no number of failures could roll back: leave it out, or write dryRun: true for a metric that is only shown',
      );
  metric
    .at('interval')
    .remark('is rounded up to whole windows (analysis.interval of the Rollout)', `${to}.interval`);
  metric
    .at('initialDelay')
    .remark('is reckoned from the end of the warm-up of each step', `${to}.initialDelay`);
  return compact({
    interval: interval === undefined || interval < 1_000 ? undefined : spanText(interval),
    initialDelay: delay === undefined ? undefined : spanText(delay),
    count,
    failureLimit: isLimited && limit > 0 ? limit : undefined,
  });
}

const LIMITS: Readonly<Record<string, string>> = {
  inconclusiveLimit:
    'has no counterpart: an inconclusive step waits until deadlines.step, then analysis.onTimeout decides',
  consecutiveErrorLimit:
    'has no counterpart: an error of the source never rolls back and never passes; the next window asks again',
  consecutiveSuccessLimit:
    'has no counterpart: a step passes with count measurements, the newest of which passes',
};

export function remarkLimits(metric: Field): void {
  for (const [key, message] of Object.entries(LIMITS)) metric.at(key).remark(message);
}

/** What is said of when it passes and fails. */
export function conditionsOf(metric: Field, context: MetricContext): Conditions {
  const success = conditionOf(metric.at('successCondition'), context, readCondition);
  const failure = conditionOf(metric.at('failureCondition'), context, readFailure);
  return { ...(success && { success }), ...(failure && { failure }) };
}
