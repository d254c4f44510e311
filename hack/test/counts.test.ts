import { describe, expect, it } from 'vitest';
import { add, closingLine, NO_TESTS, outcomeOf } from './counts.ts';

const report = (over: object): string =>
  JSON.stringify({ numPassedTests: 3, numFailedTests: 0, numFailedTestSuites: 0, success: true, ...over });

const test = (fullName: string, status: string, ...failureMessages: string[]): object => ({
  fullName,
  status,
  failureMessages,
});

describe('the outcome of a test run', () => {
  it.each([
    ['all passed', {}, { passed: 3, failed: 0 }],
    ['a test failed', { numFailedTests: 2, success: false }, { passed: 3, failed: 2 }],
    ['a file could not be loaded', { numFailedTestSuites: 2, success: false }, { passed: 3, failed: 2 }],
    ['an error outside any test', { success: false }, { passed: 3, failed: 1 }],
  ])('%s', (_name, over, counts) => {
    expect(outcomeOf(report(over))).toEqual({ ...counts, secondTries: [] });
  });

  it('tells which tests needed a second try, and why', () => {
    const assertionResults = [test('a', 'passed'), test('b', 'passed', 'late'), test('c', 'failed', 'never')];
    expect(outcomeOf(report({ testResults: [{ assertionResults }] })).secondTries).toEqual(['b: late']);
  });

  it('adds runs up and closes with one line', () => {
    const one = { passed: 1, failed: 2, secondTries: ['a: late'] };
    const both = add(one, NO_TESTS, { passed: 4, failed: 0, secondTries: ['b: late'] });
    expect(closingLine(both)).toBe('5 passed, 2 failed');
    expect(both.secondTries).toEqual(['a: late', 'b: late']);
  });
});
