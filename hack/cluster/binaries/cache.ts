import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { ClusterError, type Log } from '../cluster-error.ts';

/** The folder for everything that outlives a checkout: `SLUICE_CACHE`, else `sluice` in the user's cache folder. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['SLUICE_CACHE']) return env['SLUICE_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice');
}

/**
 * Runs `work` while no other process holds the lock of this name. The lock is flock(1)'s, held by a child that ends
 * with us, so a builder that is killed leaves nothing to clean up.
 */
export async function withLock<T>(name: string, log: Log, work: () => Promise<T>): Promise<T> {
  const directory = join(cacheDirectory(), 'locks');
  await mkdir(directory, { recursive: true });
  const holder = spawn('flock', ['-x', join(directory, name), 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(holder, 'exit').catch(() => {
    throw new ClusterError('flock is needed to share the cache between processes: install util-linux');
  });
  const notice = setTimeout(() => log(`${name}: another process is installing it; waiting`), 1000);
  try {
    await Promise.race([once(holder.stdout, 'data'), ended]);
    clearTimeout(notice);
    return await work();
  } finally {
    clearTimeout(notice);
    holder.stdin.end();
    await ended;
  }
}

/**
 * Fills a scratch folder of the cache by `fill` and then moves the named files into `target`, one rename each: a reader
 * sees the whole file or none.
 */
export async function installFiles(
  target: string,
  names: readonly string[],
  fill: (scratch: string) => Promise<void>,
): Promise<void> {
  await mkdir(target, { recursive: true });
  const scratch = await mkdtemp(join(cacheDirectory(), `scratch-${basename(target)}-`));
  try {
    await fill(scratch);
    for (const name of names) await rename(join(scratch, name), join(target, name));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Copies a file so that a reader sees the whole of it or none. */
export async function copyWhole(from: string, to: string): Promise<void> {
  const scratch = `${to}.${randomUUID()}`;
  await copyFile(from, scratch);
  await rename(scratch, to);
}
