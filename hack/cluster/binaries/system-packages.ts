import { rm, writeFile } from 'node:fs/promises';
import { ClusterError, type Log } from '../cluster-error.ts';
import { attempt, run } from '../process/command.ts';
import { isThere } from '../process/is-there.ts';

const policyFile = '/usr/sbin/policy-rc.d';

/** Runs `work` while Debian's own switch against starting services at installation is set. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  if (await isThere(policyFile)) return work();
  await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    await rm(policyFile, { force: true });
  }
}

/**
 * Installs a Debian package without its recommendations and without starting its service. Throws a `ClusterError` that
 * says what to install where apt-get is missing or we are not root.
 */
export async function aptInstall(name: string, log: Log): Promise<void> {
  const byHand = `install the package ${name} (Debian, Ubuntu: sudo apt-get install --no-install-recommends ${name}) and try again`;
  if (process.getuid?.() !== 0)
    throw new ClusterError(`${name} is not installed and we are not root: ${byHand}`);
  if ((await attempt('apt-get', ['--version'])).code !== 0) {
    throw new ClusterError(`${name} is not installed and there is no apt-get: ${byHand}`);
  }
  log(`${name}: installing the system's package by apt-get (about half a minute)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  await run('apt-get', ['update', '-q', ...wait], { env });
  await withoutServices(async () => {
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...wait, name], { env });
  });
}
