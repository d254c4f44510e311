import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { usage } from './cli-error.ts';
import { type Finding, readDocuments, type Source } from './validation/documents.ts';

const MANIFEST = /\.(ya?ml|json)$/;

async function filesOf(path: string): Promise<string[]> {
  if (path === '-') return ['-'];
  const found = await stat(path).catch(() => null);
  if (found === null) throw usage(`there is no file ${path}`);
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && MANIFEST.test(entry.name));
  return files.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
}

/** The objects in files, in folders with all that is in them, and in standard input (`-`), with what is no YAML. */
export async function readManifests(
  paths: readonly string[],
): Promise<{ readonly sources: readonly Source[]; readonly findings: readonly Finding[] }> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  const read = await Promise.all(
    [...new Set(files)].map(async (file) =>
      readDocuments(file, file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')),
    ),
  );
  return {
    sources: read.flatMap(({ sources }) => sources),
    findings: read.flatMap(({ findings }) => findings),
  };
}
