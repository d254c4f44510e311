import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { add, NO_TESTS, ONE_FAILED, ONE_PASSED, type Outcome } from './counts.ts';

const CHECKS: readonly (readonly [name: string, script: string])[] = [
  ['types', 'typecheck'],
  ['lint', 'lint'],
  ['imports', 'imports'],
  ['format', 'format:check'],
  ['dead code', 'dead-code'],
  ['generated files', 'generate:check'],
  ['links of the books', 'links'],
];

async function runCheck(name: string, script: string): Promise<Outcome> {
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said = await Promise.all([text(child.stdout), text(child.stderr)]);
  const passed = (await ended) === 0;
  console.log(`${passed ? '✓' : '✗'} ${name}`);
  if (!passed) console.log(said.join(''));
  return passed ? ONE_PASSED : ONE_FAILED;
}

/** Runs each check of the source, one after the other; what a failing one says is printed. */
export async function runChecks(): Promise<Outcome> {
  let outcome = NO_TESTS;
  for (const [name, script] of CHECKS) outcome = add(outcome, await runCheck(name, script));
  return outcome;
}
