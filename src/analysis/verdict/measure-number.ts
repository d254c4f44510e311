import type { Measurement } from './judge-measurement.ts';
import type { Range, Rules } from './margin.ts';

function rangeText({ min, max }: Range): string {
  if (max === Number.POSITIVE_INFINITY) return `at least ${min}`;
  return min === Number.NEGATIVE_INFINITY ? `at most ${max}` : `${min} to ${max}`;
}

const EVERYTHING: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

const isWithin = (value: number, { min, max }: Range): boolean => value >= min && value <= max;
const isBounded = ({ min, max }: Range): boolean => min !== EVERYTHING.min || max !== EVERYTHING.max;

/** A number compared with the bounds: it passes, it fails, or it is inconclusive in between. */
export function measureNumber({ range = EVERYTHING, failure }: Rules, value: number): Measurement {
  const passes = isWithin(value, range);
  const fails = failure === undefined ? !passes : !isWithin(value, failure);
  const bounds = [
    ...(isBounded(range) ? [rangeText(range)] : []),
    ...(failure === undefined ? [] : [`failure unless ${rangeText(failure)}`]),
  ];
  const message = `${Number(value.toPrecision(6))} against ${bounds.join(', ')}`;
  return { kind: fails ? 'fail' : passes ? 'pass' : 'inconclusive', message };
}
