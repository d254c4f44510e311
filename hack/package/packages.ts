import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { bundle } from '../bundle/bundle.ts';
import { COMPLETIONS, krewManifest, npmManifest } from './contents.ts';

const run = promisify(execFile);
const ROOT = new URL('../../package.json', import.meta.url);

/** Files of a release, as paths. */
export interface Packages {
  /** The npm package. */
  readonly npm: string;
  /** The plugin of kubectl. */
  readonly plugin: string;
  /** Its manifest for krew. */
  readonly krew: string;
}

/** Archives with the same bytes for the same contents. */
const REPEATABLE = [
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--mtime=@0',
  '--mode=u=rwX,go=rX',
];

async function writeCompletions(program: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [shell, file] of Object.entries(COMPLETIONS)) {
    // oxlint-disable-next-line no-await-in-loop -- three of them
    const { stdout } = await run(process.execPath, [program, 'completion', shell]);
    // oxlint-disable-next-line no-await-in-loop
    await writeFile(join(folder, file), stdout);
  }
}

async function packNpm(folder: string, manifest: object): Promise<string> {
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts'], { cwd: folder });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  return join(folder, packed?.filename ?? '');
}

/**
 * Makes the packages of the command line in a folder. `downloads` is the URL under which the archive will be found; where a
 * name has to be in it, that of the archive is added.
 */
export async function makePackages(folder: string, downloads: string): Promise<Packages> {
  const root = JSON.parse(await readFile(ROOT, 'utf8')) as Parameters<typeof npmManifest>[0];
  const { version } = root;
  const [npm, plugin] = [join(folder, 'npm'), join(folder, 'plugin')];
  await Promise.all([npm, plugin].map((one) => rm(one, { recursive: true, force: true })));
  await mkdir(npm, { recursive: true });
  await bundle('sluice', join(npm, 'sluice.mjs'));
  await writeCompletions(join(npm, 'sluice.mjs'), join(npm, 'completion'));
  await mkdir(plugin, { recursive: true });
  await copyFile(join(npm, 'sluice.mjs'), join(plugin, 'kubectl-sluice'));
  const packed = join(folder, `sluice-${version}.tgz`);
  await rename(await packNpm(npm, npmManifest(root)), packed);
  const archive = `kubectl-sluice-${version}.tar.gz`;
  await run('tar', [...REPEATABLE, '-czf', join(folder, archive), '-C', plugin, 'kubectl-sluice'], {
    env: { ...process.env, GZIP: '-n' },
  });
  const sha256 = createHash('sha256')
    .update(await readFile(join(folder, archive)))
    .digest('hex');
  const manifest = krewManifest({ version, uri: `${downloads}/${archive}`, sha256 });
  await writeFile(join(folder, 'sluice.yaml'), stringify(manifest, { lineWidth: 0 }));
  return { npm: packed, plugin: join(folder, archive), krew: join(folder, 'sluice.yaml') };
}
