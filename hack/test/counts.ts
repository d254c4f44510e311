import { z } from 'zod';

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export const NONE: Counts = { passed: 0, failed: 0 };

/** Both taken together. */
export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

const SuiteReport = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numFailedTestSuites: z.int(),
  success: z.boolean(),
  testResults: z
    .array(
      z.object({
        assertionResults: z.array(
          z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
        ),
      }),
    )
    .default([]),
});

/**
 * Reads the JSON report of vitest. A file that could not even be loaded has no tests of its own and counts as one
 * failure; so does a run that was not successful without naming a test (an unhandled error, say).
 */
export function readCounts(report: string): Counts {
  const { numPassedTests, numFailedTests, numFailedTestSuites, success } = SuiteReport.parse(
    JSON.parse(report),
  );
  const unnamed = !success && numFailedTests === 0 ? Math.max(1, numFailedTestSuites) : 0;
  return { passed: numPassedTests, failed: numFailedTests + unnamed };
}

/** Tests of a JSON report of vitest that passed at a second try only, each with what its first one ended with. */
export function secondTries(report: string): string[] {
  const tests = SuiteReport.parse(JSON.parse(report)).testResults.flatMap((file) => file.assertionResults);
  return tests
    .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
    .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('\n')}`);
}

/** The last line of a run, for people and for CI. */
export function closingLine({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}
