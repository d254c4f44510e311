import { chmod, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { readVersion } from '../../src/version.ts';
import { bundleClient } from './dashboard-client.ts';

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

/** A source map with one place for the whole file: a stack trace names the folder of the library. */
const ONE_PLACE = Buffer.from('{"version":3,"sources":["library"],"mappings":"AAAA"}').toString('base64');

/** Keeps libraries short in the source map: it is read whole at the first stack trace, and stays in memory. */
const shortMap: Plugin = {
  name: 'short-map',
  setup: (setup) =>
    setup.onLoad({ filter: /node_modules.*\.[cm]?js$/ }, async ({ path }) => ({
      contents: `${await readFile(path, 'utf8')}\n//# sourceMappingURL=data:application/json;base64,${ONE_PLACE}`,
      loader: 'js',
    })),
};

const require = createRequire(import.meta.url);

/** A file of a library as text: Brotli in base64, a third of its size. */
async function packed(file: string): Promise<string> {
  const bytes = brotliCompressSync(await readFile(require.resolve(file)));
  return JSON.stringify(bytes.toString('base64'));
}

/** What pictures are drawn with, for `src/adapters/notify/draw.ts`. */
export const drawing = async () => ({
  SLUICE_RESVG: await packed('@resvg/resvg-wasm/index_bg.wasm'),
  SLUICE_FONT: await packed('@fontsource/inter/files/inter-latin-400-normal.woff2'),
});

/** The programs: what each starts with, and its file in `dist`. */
export const PROGRAMS = {
  /** The command line, with nothing beside it; the pages of the dashboard are in it. */
  sluice: { entry: 'src/cli/main.ts', maps: false, pages: true, drawing: false },
  /** The controller, with a source map beside it, so that stack traces in its log name our files. */
  controller: { entry: 'src/main.ts', maps: true, pages: false, drawing: true },
} as const;

/**
 * Writes a program as one executable file, with all libraries in it. Modules that it imports while it runs are in the
 * file too, but are only evaluated then.
 */
export async function bundle(
  program: keyof typeof PROGRAMS,
  outfile: string,
): Promise<{ readonly bytes: number }> {
  const { entry, maps, pages, drawing: draws } = PROGRAMS[program];
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    ...(maps ? { sourcemap: 'linked', sourcesContent: false } : {}),
    banner: { js: REQUIRE },
    define: {
      SLUICE_VERSION: JSON.stringify(readVersion()),
      ...(draws ? await drawing() : {}),
      ...(pages ? { SLUICE_DASHBOARD: JSON.stringify((await bundleClient()).files) } : {}),
    },
    plugins: [withoutUnused, ...(maps ? [shortMap] : [])],
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
  return { bytes: (await stat(outfile)).size };
}
