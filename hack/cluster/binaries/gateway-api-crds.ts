import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../cluster-error.ts';
import { isThere } from '../process/is-there.ts';
import { cacheDirectory, installFiles, withLock } from './cache.ts';
import { moduleDirectory } from './go-build.ts';
import { pinned } from './pins.ts';

const FILE = 'standard.yaml';
/** The definitions of kinds; beside them lies a policy for upgrades, which is not needed here. */
const DEFINITIONS = /^gateway\.networking\.k8s\.io_(?!vap_).*\.yaml$/;

/** The file with the definitions of the standard channel of the Gateway API, out of the cache or the Go module. */
export async function ensureGatewayApiCrds(log: Log): Promise<string> {
  const directory = join(cacheDirectory(), 'bin', `gateway-api-${pinned.gatewayApi}`);
  const file = join(directory, FILE);
  if (await isThere(file)) return file;
  return withLock('gateway-api', log, async () => {
    if (await isThere(file)) return file;
    await installFiles(directory, [FILE], async (scratch) => {
      const module = { path: 'sigs.k8s.io/gateway-api', version: `v${pinned.gatewayApi}` };
      const folder = join((await moduleDirectory(module)).Dir, 'config/crd/standard');
      const names = (await readdir(folder)).filter((name) => DEFINITIONS.test(name));
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      await writeFile(join(scratch, FILE), texts.join('\n---\n'));
    });
    return file;
  });
}
