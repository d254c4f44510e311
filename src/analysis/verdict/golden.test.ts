import { expect, it } from 'vitest';
import { GoldenCase } from '../../api/analysis/check.ts';
import { answerFault } from './golden.ts';

const matches = (pattern: string, text: string): boolean => new RegExp(pattern).test(text);
const BODY = { label: 'cat', score: 0.91, tags: ['a', 'b'] };

it.each<[string, object, object | string, number, string | null]>([
  ['nothing but the status', {}, BODY, 200, null],
  [
    'a status',
    {},
    { error: 'no model' },
    500,
    'status: expected 200, got 500 ("{\\"error\\":\\"no model\\"}")',
  ],
  ['another status', { status: 422 }, 'no', 422, null],
  ['a value', { fields: [{ path: 'label', equals: 'cat' }] }, BODY, 200, null],
  [
    'a wrong value',
    { fields: [{ path: 'label', equals: 'dog' }] },
    BODY,
    200,
    'label: expected "dog", got "cat"',
  ],
  ['a list', { fields: [{ path: 'tags', equals: ['a', 'b'] }] }, BODY, 200, null],
  ['a number', { fields: [{ path: '/score', near: 0.9, tolerance: '0.02' }] }, BODY, 200, null],
  [
    'a number that is off',
    { fields: [{ path: '/score', near: 0.7, tolerance: '1%' }] },
    BODY,
    200,
    '/score: expected 0.7 ± 1%, got 0.91',
  ],
  [
    'a text for a number',
    { fields: [{ path: 'label', near: 1, tolerance: '1' }] },
    BODY,
    200,
    'label: expected 1 ± 1, got "cat"',
  ],
  ['a pattern', { fields: [{ path: 'label', matches: '^c' }] }, BODY, 200, null],
  [
    'a pattern that does not match',
    { fields: [{ path: 'label', matches: '^d' }] },
    BODY,
    200,
    'label: expected a match of ^d, got "cat"',
  ],
  ['one of some', { fields: [{ path: 'label', oneOf: ['dog', 'cat'] }] }, BODY, 200, null],
  [
    'none of some',
    { fields: [{ path: 'label', oneOf: ['dog', 1] }] },
    BODY,
    200,
    'label: expected one of "dog", 1, got "cat"',
  ],
  [
    'a field that is not there',
    { fields: [{ path: 'class', equals: 'cat' }] },
    BODY,
    200,
    'class: expected "cat", got nothing',
  ],
  [
    'no JSON',
    { fields: [{ path: 'label', equals: 'cat' }] },
    'cat',
    200,
    'label: expected "cat", got nothing',
  ],
  ['a text as a whole', { fields: [{ path: '', matches: 'cat' }] }, 'a cat', 200, null],
])('%s', (_what, expected, body, status, fault) => {
  const one = GoldenCase.parse({ name: 'a', request: { path: '/' }, expect: expected });
  const answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body), ms: 1 };
  expect(answerFault(one, answer, matches)).toBe(fault);
});
