import { describe, expect, it } from 'vitest';
import { isNear, type Json, parseTolerance, sameJson, textOf, valueAt } from './json-value.ts';

const ANSWER: Json = {
  predictions: [{ label: 'cat', 'a/b': 1, 'c~d': 2, '': 3 }],
  'x.y': 4,
  none: null,
};

describe('where a value stands', () => {
  it.each<[string, Json | undefined]>([
    ['/predictions/0/label', 'cat'],
    ['predictions.0.label', 'cat'],
    ['/predictions/0/a~1b', 1],
    ['/predictions/0/c~0d', 2],
    ['/predictions/0/', 3],
    ['/x.y', 4],
    ['x.y', undefined],
    ['none', null],
    ['none.more', undefined],
    ['predictions.1.label', undefined],
    ['predictions.length', undefined],
    ['constructor', undefined],
    ['', ANSWER],
  ])('%j', (path, value) => {
    expect(valueAt(ANSWER, path)).toEqual(value);
  });

  it('of an answer that is no object is nowhere but at the empty path', () => {
    expect(valueAt('cat', 'label')).toBeUndefined();
    expect(valueAt('cat', '')).toBe('cat');
  });
});

describe('whether two values say the same', () => {
  it.each<[Json | undefined, Json | undefined, boolean]>([
    [{ a: 1, b: [2, { c: null }] }, { b: [2, { c: null }], a: 1 }, true],
    [[1, 2], [2, 1], false],
    [[1], { 0: 1 }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [null, {}, false],
    ['1', 1, false],
    [undefined, undefined, true],
  ])('%j and %j: %s', (a, b, same) => {
    expect(sameJson(a, b)).toBe(same);
  });
});

describe('how far numbers may be apart', () => {
  it.each([
    ['0.01', { absolute: 0.01, relative: 0 }],
    ['1e-6', { absolute: 0.000_001, relative: 0 }],
    ['1%', { absolute: 0, relative: 0.01 }],
    [' 2.5 % ', { absolute: 0, relative: 0.025 }],
    ['-1', null],
    ['one', null],
    ['', null],
  ])('%j', (text, tolerance) => {
    expect(parseTolerance(text)).toEqual(tolerance);
  });

  it.each([
    [0.91, 0.9, '0.01', true],
    [0.92, 0.9, '0.01', false],
    [101, 100, '1%', true],
    [99, 100, '1%', true],
    [102, 100, '1%', false],
    [-99, -100, '1%', true],
    [0.1 + 0.2, 0.3, '0', true],
  ])('%d near %d ± %s: %s', (value, wanted, text, near) => {
    expect(isNear(value, wanted, parseTolerance(text) ?? { absolute: 0, relative: 0 })).toBe(near);
  });
});

it('cuts a long value for a sentence', () => {
  expect(textOf(undefined)).toBe('nothing');
  expect(textOf('cat')).toBe('"cat"');
  expect(textOf('x'.repeat(200))).toHaveLength(81);
});
