import { z } from 'zod';

/** How many tests ended how, and which of them passed at a second try only, each with what its first one ended with. */
export const Outcome = z.object({
  passed: z.int(),
  failed: z.int(),
  secondTries: z.array(z.string()),
});
export type Outcome = z.infer<typeof Outcome>;

export const NO_TESTS: Outcome = { passed: 0, failed: 0, secondTries: [] };
export const ONE_PASSED: Outcome = { ...NO_TESTS, passed: 1 };
export const ONE_FAILED: Outcome = { ...NO_TESTS, failed: 1 };

/** All taken together. */
export function add(...outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
    secondTries: outcomes.flatMap(({ secondTries }) => secondTries),
  };
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
export function outcomeOf(report: string): Outcome {
  const { numPassedTests, numFailedTests, numFailedTestSuites, success, testResults } = SuiteReport.parse(
    JSON.parse(report),
  );
  const unnamed = !success && numFailedTests === 0 ? Math.max(1, numFailedTestSuites) : 0;
  const secondTries = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
    .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('\n')}`);
  return { passed: numPassedTests, failed: numFailedTests + unnamed, secondTries };
}

/** The last line of a run, for people and for CI. */
export function closingLine({ passed, failed }: Outcome): string {
  return `${passed} passed, ${failed} failed`;
}
