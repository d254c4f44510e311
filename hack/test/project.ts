import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, type Counts, readCounts, secondTries } from './counts.ts';

export const ONE_FAILED: Counts = { passed: 0, failed: 1 };

/** Runs a project of the tests by the command that runs Node, and answers how many ended how. */
export function runProject(
  command: readonly string[],
  project: string,
  filters: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Counts {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const report = join(dir, 'report.json');
  const [program = 'node', ...args] = [
    ...command,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--passWithNoTests',
    '--config=hack/config/vitest.config.ts',
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ];
  const { status } = spawnSync(program, args, { stdio: 'inherit', env });
  try {
    const text = readFileSync(report, 'utf8');
    for (const test of secondTries(text)) console.log(`passed at its second try: ${test}`);
    const counts = readCounts(text);
    return status === 0 || counts.failed > 0 ? counts : add(counts, ONE_FAILED);
  } catch {
    console.log(`✗ the ${project} tests ended with exit code ${status} and without a report`);
    return ONE_FAILED;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
