import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The full name of a commit of this repository; null where the checkout does not have it, as a shallow one. */
export function commitOf(name: string): string | null {
  try {
    const args = ['-C', ROOT, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`];
    return execFileSync('git', args, { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

/**
 * Writes the tree of a commit into a folder, with the libraries of this checkout: a version that needs others fails when it
 * starts.
 */
export function extract(commit: string, folder: string): void {
  const archive = execFileSync('git', ['-C', ROOT, 'archive', commit], { maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}
