import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { readVersion } from '../../src/version.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Libraries that are no ES modules ask for `require`. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Parts of libraries that nothing here calls and that no tool can tell: every start would have to read them. The typed
 * clients of Kubernetes, since everything is read as raw JSON; and messages in other languages than English.
 */
const UNUSED: readonly (readonly [file: RegExp, instead: string])[] = [
  [
    /@kubernetes[/\\]client-node[/\\]dist[/\\]gen[/\\]index\.js$/,
    'export const createConfiguration = undefined; export const ServerConfiguration = undefined;',
  ],
  [/zod[/\\]v4[/\\]locales[/\\]index\.js$/, "export { default as en } from './en.js';"],
];

const withoutUnused: Plugin = {
  name: 'without-unused',
  setup: (setup) => {
    for (const [filter, contents] of UNUSED) setup.onLoad({ filter }, () => ({ contents, loader: 'js' }));
  },
};

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
    plugins: [withoutUnused],
    metafile: true,
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
  const [output] = Object.values(metafile.outputs);
  return { bytes: output?.bytes ?? 0 };
}
