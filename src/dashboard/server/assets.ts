import { readFile } from 'node:fs/promises';

/** A file of the client, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** The files of the client by their path: `index.html`, `app.js`, `app.css`. */
export type Assets = Readonly<Record<string, Asset>>;

/** Set by the bundle of the command line, which has the files in it. */
declare const SLUICE_DASHBOARD: Record<string, string> | undefined;

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** The files with their types. */
export function assetsOf(files: Readonly<Record<string, string>>): Assets {
  const known = Object.entries(files).filter(([name]) => name in TYPES);
  return Object.fromEntries(known.map(([name, body]) => [name, { type: TYPES[name] ?? '', body }]));
}

/** Where `npm run build:dashboard` puts them, seen from the source. */
const FOLDER = new URL('../../../dist/dashboard/client/', import.meta.url);

async function read(name: string): Promise<readonly [string, string]> {
  return [name, await readFile(new URL(name, FOLDER), 'utf8')];
}

/** The client as it was built with this program. Rejects if it was not built. */
export async function readAssets(): Promise<Assets> {
  if (typeof SLUICE_DASHBOARD === 'object') return assetsOf(SLUICE_DASHBOARD);
  try {
    return assetsOf(Object.fromEntries(await Promise.all(Object.keys(TYPES).map(read))));
  } catch (cause) {
    throw new Error('the pages of the dashboard are not built: run npm run build:dashboard', { cause });
  }
}
