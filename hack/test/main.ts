/**
 * `npm test`: every check and every test, in one command, from a clean checkout. Types, lint, format, dead code and
 * drift of what is generated come first; then the unit tests; then the integration tests on the local cluster, in a
 * network namespace of its own. Closes with the line `N passed, N failed`. `npm run check` stops before the cluster.
 */
import { spawnSync } from 'node:child_process';
import { ensureBinaries } from '../cluster/binaries.ts';
import { inNewNamespace } from '../cluster/namespace.ts';
import { add, type Counts, closingLine, NONE } from './counts.ts';
import { ONE_FAILED, runProject } from './project.ts';

const CHECKS: readonly (readonly [name: string, script: string])[] = [
  ['types', 'typecheck'],
  ['lint', 'lint'],
  ['imports', 'imports'],
  ['format', 'format:check'],
  ['dead code', 'dead-code'],
  ['generated files', 'generate:check'],
  ['links of the books', 'links'],
];

function runCheck([name, script]: readonly [string, string]): Counts {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script], { encoding: 'utf8' });
  const passed = status === 0;
  console.log(`${passed ? '✓' : '✗'} ${name}`);
  if (!passed) console.log(`${stdout}${stderr}`);
  return passed ? { passed: 1, failed: 0 } : ONE_FAILED;
}

const args = process.argv.slice(2);
const withCluster = !args.includes('--without-cluster');
const filters = args.filter((arg) => !arg.startsWith('--'));
const started = performance.now();
let counts = NONE;
if (filters.length === 0) for (const check of CHECKS) counts = add(counts, runCheck(check));
counts = add(counts, runProject([process.execPath], 'unit', filters));
if (withCluster) {
  // Only outside of the namespace can anything be downloaded.
  await ensureBinaries({ log: (line) => console.log(`setup: ${line}`) });
  counts = add(counts, runProject(inNewNamespace([process.execPath]), 'integration', filters));
}
console.log(`took ${Math.round((performance.now() - started) / 1_000)} s`);
console.log(closingLine(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
