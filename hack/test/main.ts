/**
 * `npm test`: every check and every test, in one command, from a clean checkout. Types, lint, format, dead code and
 * drift of what is generated are checked beside the unit tests; then come the integration tests, on local clusters that
 * have a network namespace each. Closes with the line `N passed, N failed`. `npm run check` stops before the clusters.
 */
import { parseArgs } from 'node:util';
import { runChecks } from './checks.ts';
import { add, closingLine, NO_TESTS, ONE_FAILED, type Outcome } from './counts.ts';
import { runIntegration } from './integration.ts';
import { runProject } from './project.ts';

const { values, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    'without-cluster': { type: 'boolean', default: false },
    clusters: { type: 'string', default: '2' },
  },
});
if (!/^[1-9]$/.test(values.clusters)) throw new RangeError(`--clusters "${values.clusters}" must be 1 to 9`);
const withCluster = !values['without-cluster'];

/** More plays of the simulated world than in `npm run check`, which must be quick. */
const MORE_RUNS = { WORLD_TIMES: '3' };

async function runAll(): Promise<Outcome> {
  const env = withCluster && filters.length === 0 ? { ...MORE_RUNS, ...process.env } : process.env;
  const source = await Promise.all([
    filters.length === 0 ? runChecks() : NO_TESTS,
    runProject('unit', filters, env),
  ]);
  if (!withCluster) return add(...source);
  return add(...source, await runIntegration(filters, Number(values.clusters)));
}

const started = performance.now();
let outcome = await runAll();
if (outcome.passed + outcome.failed === 0) {
  console.log(`✗ no test has ${filters.join(' or ')} in its path`);
  outcome = ONE_FAILED;
}
for (const test of outcome.secondTries) console.log(`passed at its second try: ${test}`);
console.log(`took ${Math.round((performance.now() - started) / 1_000)} s`);
console.log(closingLine(outcome));
process.exitCode = outcome.failed === 0 ? 0 : 1;
