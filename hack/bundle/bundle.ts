import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { readVersion } from '../../src/version.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Libraries that are no ES modules ask for `require`. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Writes the command line as one executable file, with all libraries in it. Modules that a command imports when it
 * runs are in the file too, but are only evaluated then.
 */
export async function bundle(outfile: string): Promise<{ readonly bytes: number }> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    banner: { js: REQUIRE },
    define: { SLUICE_VERSION: JSON.stringify(readVersion()) },
    metafile: true,
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
  const [output] = Object.values(metafile.outputs);
  return { bytes: output?.bytes ?? 0 };
}
