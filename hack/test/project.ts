import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, NO_TESTS, ONE_FAILED, type Outcome, outcomeOf } from './counts.ts';

/** Starts a program on our terminal, and answers its exit code; null where a signal ended it. */
function run([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

/** Runs a project of the tests, or those of its files that the filters name, and answers what came of it. */
export async function runProject(
  project: string,
  filters: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const report = join(dir, 'report.json');
  // It ends with the process that started it, whatever ends that.
  const command = [
    'setpriv',
    '--pdeathsig',
    'KILL',
    process.execPath,
    'node_modules/vitest/vitest.mjs',
    'run',
  ];
  const options = [
    '--passWithNoTests',
    '--config=hack/config/vitest.config.ts',
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const code = await run([...command, ...options, ...filters], env);
  try {
    const outcome = outcomeOf(readFileSync(report, 'utf8'));
    return code === 0 || outcome.failed > 0 ? outcome : add(outcome, ONE_FAILED);
  } catch {
    console.log(`✗ the ${project} tests ended with exit code ${code} and without a report`);
    return add(NO_TESTS, ONE_FAILED);
  } finally {
    rmSync(dir, { recursive: true });
  }
}
