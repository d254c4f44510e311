import { describe, expect, it } from 'vitest';
import { add, closingLine, NONE, readCounts, secondTries } from './counts.ts';

const report = (over: object): string =>
  JSON.stringify({ numPassedTests: 3, numFailedTests: 0, numFailedTestSuites: 0, success: true, ...over });

const test = (fullName: string, status: string, ...failureMessages: string[]): object => ({
  fullName,
  status,
  failureMessages,
});

describe('counts of a test run', () => {
  it.each([
    ['all passed', {}, { passed: 3, failed: 0 }],
    ['a test failed', { numFailedTests: 2, success: false }, { passed: 3, failed: 2 }],
    ['a file could not be loaded', { numFailedTestSuites: 2, success: false }, { passed: 3, failed: 2 }],
    ['an error outside any test', { success: false }, { passed: 3, failed: 1 }],
  ])('%s', (_name, over, counts) => {
    expect(readCounts(report(over))).toEqual(counts);
  });

  it('tells which tests needed a second try, and why', () => {
    const assertionResults = [test('a', 'passed'), test('b', 'passed', 'late'), test('c', 'failed', 'never')];
    expect(secondTries(report({ testResults: [{ assertionResults }] }))).toEqual(['b: late']);
  });

  it('adds runs up and closes with one line', () => {
    expect(closingLine(add({ passed: 1, failed: 2 }, add(NONE, { passed: 4, failed: 0 })))).toBe(
      '5 passed, 2 failed',
    );
  });
});
