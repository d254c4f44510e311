import { describe, expect, it } from 'vitest';
import { readCondition, readFailure } from './condition.ts';

describe('a condition under which a metric passes', () => {
  it.each([
    ['result[0] >= 0.95', { min: 0.95 }, {}],
    ['result >= 95', { min: 95 }, {}],
    ['0.95 <= result[0]', { min: 0.95 }, {}],
    ['result[0] > 0.95', { min: 0.95 }, { isStrict: true }],
    ['asFloat(result[0]) <= 500', { max: 500 }, {}],
    ['result[0] >= 1 && result[0] <= 2.5', { min: 1, max: 2.5 }, {}],
    ['(result[0] >= 1) && (result[0] <= 2)', { min: 1, max: 2 }, {}],
    ['result == 0', { min: 0, max: 0 }, {}],
    ['len(result) == 0 || result[0] >= 0.9', { min: 0.9 }, { holdsWithoutData: true }],
    ['isNaN(result[0]) || result[0] < 5', { max: 5 }, { isStrict: true, holdsWithoutData: true }],
    ['len(result) > 0 && result[0] < 5', { max: 5 }, { isStrict: true }],
    ['default(result, 0) < 0.05', { max: 0.05 }, { isStrict: true, holdsWithoutData: true }],
    ['default(result[0], 0) >= 0.9', { min: 0.9 }, {}],
  ])('%s', (text, range, more) => {
    expect(readCondition(text)).toEqual({ range, isStrict: false, holdsWithoutData: false, ...more });
  });

  it.each([
    'true',
    '',
    'result.status == "ok"',
    'all(result, # >= 0.9)',
    'result[0] < 1 || result[0] > 5',
    'result[1] > 5',
    'result[0] in [1, 2]',
    'result[0] + 1 > 5',
  ])('%s is more than bounds of one number', (text) => {
    expect(readCondition(text)).toBeNull();
  });
});

describe('a condition under which a metric fails', () => {
  it.each([
    ['result[0] < 0.9', { min: 0.9 }],
    ['result[0] >= 500', { max: 500 }],
    ['result[0] < 1 || result[0] > 5', { min: 1, max: 5 }],
    ['isNaN(result[0]) || result[0] > 5', { max: 5 }],
  ])('%s', (text, range) => {
    expect(readFailure(text)?.range).toEqual(range);
  });

  it.each(['result[0] > 1 && result[0] < 5', 'result[0] == 3', 'any(result, # > 3)', 'result[0]'])(
    '%s is more',
    (text) => {
      expect(readFailure(text)).toBeNull();
    },
  );
});
