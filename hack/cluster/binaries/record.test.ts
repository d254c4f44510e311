import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { namespaceOf } from '../process/namespace.ts';
import {
  claimRecord,
  isAlive,
  isClusterName,
  markVariable,
  placesOf,
  processesOf,
  readRecord,
  removeRecord,
  writeRecord,
} from './record.ts';

let cache = '';
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'sluice-record-'));
  vi.stubEnv('SLUICE_CACHE', cache);
  await mkdir(placesOf('a').home, { recursive: true });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const mine = () => ({ pid: process.pid, namespace: namespaceOf('self') ?? '', mark: 'one' });
const access = { kubeconfig: '/k', logs: '/l', environment: { KUBECONFIG: '/k' } };

it('belongs to the first that claims it, until it is removed', async () => {
  expect(await readRecord('a')).toBeNull();
  expect(await claimRecord('a', mine())).toBe(true);
  expect(await claimRecord('a', { ...mine(), mark: 'two' })).toBe(false);
  await writeRecord('a', { ...mine(), access });
  expect(await readRecord('a')).toEqual({ ...mine(), access });
  await removeRecord('a');
  expect(await claimRecord('a', { ...mine(), mark: 'two' })).toBe(true);
  expect(await readdir(placesOf('a').home)).toEqual(['record.json']);
});

it('knows a supervisor by its namespace, not by its number alone', () => {
  expect(isAlive(mine())).toBe(true);
  expect(isAlive({ ...mine(), namespace: 'net:[1]' })).toBe(false);
  expect(isAlive({ ...mine(), pid: 2 ** 22 + 1 })).toBe(false);
});

it('claims the processes of a namespace only when one of them carries the mark', async () => {
  expect(await processesOf({ ...mine(), mark: 'nobody has this' })).toEqual([]);
  const env = { ...process.env, [markVariable]: 'this test' };
  const child = spawn('sleep', ['1000'], { env });
  try {
    await expect.poll(() => processesOf({ ...mine(), mark: 'this test' })).toContain(child.pid);
  } finally {
    child.kill();
  }
});

it.each([
  ['default', true],
  ['a-1', true],
  ['', false],
  ['-a', false],
  ['../a', false],
  ['A', false],
  ['a'.repeat(41), false],
])('takes %j for a name: %s', (name, expected) => {
  expect(isClusterName(name)).toBe(expected);
});
