import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheDirectory, installFiles, withLock } from './cache.ts';

describe('cacheDirectory', () => {
  it.each([
    [{ SLUICE_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
    [{ XDG_CACHE_HOME: '/x' }, '/x/sluice'],
  ])('%j: %s', (env, expected) => {
    expect(cacheDirectory(env)).toBe(expected);
  });
});

describe('with a cache', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-cache-'));
    vi.stubEnv('SLUICE_CACHE', directory);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });

  it('lets one process at a time through a lock', async () => {
    let inside = 0;
    let most = 0;
    const log = vi.fn<(line: string) => void>();
    const work = () =>
      withLock('tool', log, async () => {
        most = Math.max(most, (inside += 1));
        await new Promise(setImmediate);
        inside -= 1;
        return most;
      });
    expect(await Promise.all([work(), work(), work()])).toEqual([1, 1, 1]);
    expect(log).not.toHaveBeenCalled();
  });

  it('frees a lock when the work fails', async () => {
    const failing = withLock('tool', vi.fn<(line: string) => void>(), () =>
      Promise.reject(new Error('broken')),
    );
    await expect(failing).rejects.toThrow('broken');
    expect(await withLock('tool', vi.fn<(line: string) => void>(), () => Promise.resolve(1))).toBe(1);
  });

  it('installs finished files only and leaves no scratch folder', async () => {
    const target = join(directory, 'bin/tool-1.0');
    await installFiles(target, ['tool'], (scratch) => writeFile(join(scratch, 'tool'), 'program'));
    expect(await readFile(join(target, 'tool'), 'utf8')).toBe('program');
    const failing = installFiles(target, ['tool'], () => Promise.reject(new Error('no space')));
    await expect(failing).rejects.toThrow('no space');
    expect(await readFile(join(target, 'tool'), 'utf8')).toBe('program');
    expect((await readdir(directory)).filter((name) => name.startsWith('scratch'))).toEqual([]);
  });
});
