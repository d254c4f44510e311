import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Component, createComponent } from './component.ts';

let directory = '';
let component: Component;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-component-'));
});
afterEach(async () => {
  await component.stop('SIGKILL');
  await rm(directory, { recursive: true });
});

function shell(script: string): Component {
  const logFile = join(directory, `${randomUUID()}.log`);
  component = createComponent({
    name: 'toy',
    command: 'sh',
    args: ['-c', script],
    logFile,
    ready: async () => (await readFile(logFile, 'utf8')).includes('ready'),
    stopTimeoutMs: 200,
  });
  return component;
}

const state = async (pid: number): Promise<string | undefined> =>
  /^State:\s+(\S)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];

it('is started, stopped and started again, with one log', async () => {
  const toy = shell('echo ready; exec sleep 1000');
  await toy.start();
  const first = toy.pid;
  expect(await toy.healthy()).toBe(true);
  await toy.start();
  expect(toy.pid).toBe(first);
  await toy.stop();
  expect([toy.running, toy.pid, await toy.healthy()]).toEqual([false, undefined, false]);
  await toy.start();
  expect(toy.pid).not.toBe(first);
  await expect.poll(() => readFile(toy.logFile, 'utf8')).toBe('ready\nready\n');
});

it('says with the end of the log why it did not start', async () => {
  const toy = shell('echo the port is taken >&2; exit 3');
  await expect(toy.start()).rejects.toThrow(/toy ended at its start \(3\).*\n.*the port is taken/);
});

it('is frozen and resumed', async () => {
  const toy = shell('echo ready; exec sleep 1000');
  await toy.start();
  toy.pause();
  await expect.poll(() => state(toy.pid ?? 0)).toBe('T');
  toy.resume();
  await expect.poll(() => state(toy.pid ?? 0)).toBe('S');
});

it('is ended while it is frozen, and killed when it does not end', async () => {
  const frozen = shell('echo ready; exec sleep 1000');
  await frozen.start();
  frozen.pause();
  await frozen.stop();
  expect(frozen.running).toBe(false);
  const stubborn = shell('trap "" TERM; echo ready; while :; do sleep 0.1; done');
  await stubborn.start();
  await stubborn.stop();
  expect(stubborn.running).toBe(false);
});
