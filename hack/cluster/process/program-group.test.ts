import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findGroup, type ProgramGroup } from './program-group.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-programs-'));
});
afterEach(() => rm(root, { recursive: true }));

async function put(folder: string, programs: Record<string, string>): Promise<string> {
  const directory = join(root, folder);
  await mkdir(directory, { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return directory;
}

const group = (more: Partial<ProgramGroup> = {}): ProgramGroup => ({
  name: 'plane',
  programs: ['server', 'manager'],
  versionArguments: ['--version'],
  range: { from: [1, 36, 0], below: [1, 39, 0] },
  directory: join(root, 'cache'),
  install: () => Promise.resolve(),
  ...more,
});

const says = (version: string): string => `echo Tool v${version}`;

it('takes KUBEBUILDER_ASSETS before PATH before the cache', async () => {
  const both = { server: says('1.37.0'), manager: says('1.37.0') };
  const cache = await put('cache', both);
  expect(await findGroup(group(), {})).toEqual({ directory: cache, passedOver: [] });
  const onPath = await put('path', both);
  expect((await findGroup(group(), { PATH: `/nowhere:${onPath}` })).directory).toBe(onPath);
  const assets = await put('assets', both);
  expect((await findGroup(group(), { PATH: onPath, KUBEBUILDER_ASSETS: assets })).directory).toBe(assets);
});

it('passes over a folder that has a part of the group only', async () => {
  const assets = await put('assets', { server: says('1.37.0') });
  const cache = await put('cache', { server: says('1.37.1'), manager: says('1.37.1') });
  expect(await findGroup(group(), { KUBEBUILDER_ASSETS: assets })).toEqual({
    directory: cache,
    passedOver: [],
  });
});

it.each([
  ['too old', { server: says('1.35.2'), manager: says('1.35.2') }, /is 1.35.2, needed is 1.36.0 or newer/],
  ['mixed', { server: says('1.37.0'), manager: says('1.37.1') }, /different versions/],
  ['broken', { server: says('1.37.0'), manager: 'exit 1' }, /does not run/],
  ['without a version', { server: 'echo hello', manager: 'echo hello' }, /does not run/],
])('passes over programs that are %s and says so', async (_what, programs, reason) => {
  const path = await put('path', programs);
  const { directory, passedOver } = await findGroup(group(), { PATH: path });
  expect(directory).toBeNull();
  expect(passedOver).toEqual([expect.stringMatching(reason)]);
});

it('wants the files beside the programs and the text inside them', async () => {
  const path = await put('path', { tool: `${says('1.37.0')} # with discovery` });
  const tool = { programs: ['tool'], name: 'tool' };
  expect((await findGroup(group({ ...tool, files: ['crds.yaml'] }), { PATH: path })).directory).toBeNull();
  const withText = (text: string) => group({ ...tool, contains: { text, meaning: 'service discovery' } });
  expect((await findGroup(withText('with discovery'), { PATH: path })).directory).toBe(path);
  expect((await findGroup(withText('something else'), { PATH: path })).passedOver).toEqual([
    expect.stringContaining('has no service discovery'),
  ]);
});
