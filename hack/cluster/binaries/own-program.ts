import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../cluster-error.ts';
import { isThere } from '../process/is-there.ts';
import { cacheDirectory, installFiles, withLock } from './cache.ts';
import { goBuildHere } from './go-build.ts';

/** Folders of `hack` with a small Go program, which lets others' packages answer. */
export type OwnProgram = 'gitops' | 'otlp';

const sourceOf = (name: OwnProgram): string => fileURLToPath(new URL(`../../${name}/`, import.meta.url));

/** Where such a program lies in the cache once it is built; the folder is named by its source. */
export async function ownProgram(name: OwnProgram): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.mod', 'go.sum']) hash.update(await readFile(join(sourceOf(name), file)));
  return join(cacheDirectory(), 'bin', `own-${name}-${hash.digest('hex').slice(0, 12)}`, name);
}

/** Builds the program unless it is in the cache. Needs the network. */
export async function ensureOwn(name: OwnProgram, log: Log): Promise<void> {
  await mkdir(cacheDirectory(), { recursive: true });
  const path = await ownProgram(name);
  if (await isThere(path)) return;
  await withLock(`own-${name}`, log, async () => {
    if (await isThere(path)) return;
    log(`hack/${name}: building it from its Go modules (cold about 1 minute on two cores)`);
    await installFiles(join(path, '..'), [name], (scratch) =>
      goBuildHere(sourceOf(name), join(scratch, name)),
    );
  });
}
