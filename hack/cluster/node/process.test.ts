import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProcess } from './process.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-process-'));
});
afterAll(() => rm(dir, { recursive: true }));

it.each([
  ['exit 0', true, { exitCode: 0 }],
  ['echo well; exit 0', true, { exitCode: 0 }],
  ['echo one; echo two >&2; exit 3', true, { exitCode: 3, message: 'one\ntwo' }],
  ['echo one; exit 3', false, { exitCode: 3 }],
  [
    'i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo $i; done; exit 1',
    true,
    { exitCode: 1, message: expect.stringMatching(/^121\n[\s\S]*\n200$/) },
  ],
  ['kill -9 $$', true, { exitCode: 137, signal: 9, message: '' }],
])('%s (tells its log: %s)', async (script, tellsLog, exit) => {
  const command = { program: 'sh', args: ['-c', script], cwd: dir };
  const logFile = join(dir, 'log', `${Math.random()}.log`);
  const { exited } = startProcess({ command, env: {}, logFile, tellsLog, compileCache: dir });
  expect(await exited).toEqual(exit);
});
