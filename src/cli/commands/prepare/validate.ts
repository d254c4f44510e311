import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EXIT, usage } from '../../cli-error.ts';
import { canvasOf, type Format, say, sayData } from '../../terminal/output.ts';
import type { Canvas } from '../../terminal/paint.ts';
import { type Finding, readDocuments } from '../../validation/documents.ts';
import { type Validation, validate } from '../../validation/validate.ts';

interface Flags {
  readonly output?: Format | undefined;
  readonly namespace?: string;
  readonly defaultAnalysis: string;
}

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

function lineOf(
  { file, document, field, message, line, severity }: Finding,
  { paint }: Pick<Canvas, 'paint'>,
): string {
  const place = [file, document, ...(field === '' ? [] : [field])].join(':');
  const at = line === undefined ? '' : paint('faint', ` (line ${line})`);
  return `${place}: ${severity === 'note' ? `note: ${message}` : paint('bad', message)}${at}`;
}

/** The findings, one per line, and a summary. */
export function view({ findings, counts }: Validation, canvas: Pick<Canvas, 'paint'>): string[] {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const looked = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  const what = looked.length === 0 ? 'no object that concerns Sluice' : looked.join(', ');
  const sum =
    errors === 0
      ? canvas.paint('good', `valid: ${what}`)
      : `${errors} problem${errors === 1 ? '' : 's'} in ${what}`;
  return [...findings.map((finding) => lineOf(finding, canvas)), sum];
}

/** `sluice validate FILE…`: offline. */
export async function run(paths: readonly string[], flags: Flags): Promise<void> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  const read = await Promise.all(
    [...new Set(files)].map(async (file) =>
      readDocuments(file, file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')),
    ),
  );
  const assumptions = { namespace: flags.namespace ?? 'default', analysisTemplate: flags.defaultAnalysis };
  const { findings, counts } = validate(
    read.flatMap(({ sources }) => sources),
    assumptions,
  );
  const validation = { findings: [...read.flatMap((one) => one.findings), ...findings], counts };
  if (flags.output === 'json' || flags.output === 'yaml') await sayData(flags.output, validation);
  else say(...view(validation, canvasOf()));
  if (validation.findings.some(({ severity }) => severity === 'error')) process.exitCode = EXIT.no;
}
