import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const CLIENT = fileURLToPath(new URL('../../src/dashboard/client', import.meta.url));

/** The pages of the dashboard as they are served. */
export interface ClientBundle {
  /** The text of each file by its name. */
  readonly files: Readonly<Record<string, string>>;
  /** The files that went in, as paths from the folder of the client. */
  readonly inputs: readonly string[];
}

/** Bundles the client. Nothing is written. */
export async function bundleClient(): Promise<ClientBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: CLIENT,
    entryPoints: { app: 'main.tsx', style: 'style.css' },
    outdir: '.',
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'eof',
    charset: 'utf8',
    logLevel: 'warning',
  });
  const built = outputFiles.map(({ path, text }) => [path.endsWith('.css') ? 'app.css' : 'app.js', text]);
  const files = await Promise.all(
    ['index.html', 'icon.svg'].map(async (name) => [name, await readFile(`${CLIENT}/${name}`, 'utf8')]),
  );
  return {
    files: Object.fromEntries([...built, ...files]) as Record<string, string>,
    inputs: Object.keys(metafile.inputs),
  };
}
