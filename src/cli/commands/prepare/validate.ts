import { EXIT } from '../../cli-error.ts';
import { readManifests } from '../../manifest-files.ts';
import { canvasOf, type Format, say, sayData } from '../../terminal/output.ts';
import type { Canvas } from '../../terminal/paint.ts';
import type { Finding } from '../../validation/documents.ts';
import { type Validation, validate } from '../../validation/validate.ts';

interface Flags {
  readonly output?: Format | undefined;
  readonly namespace?: string;
  readonly defaultAnalysis: string;
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
  const { sources, findings: unread } = await readManifests(paths);
  const assumptions = { namespace: flags.namespace ?? 'default', analysisTemplate: flags.defaultAnalysis };
  const { findings, counts } = validate(sources, assumptions);
  const validation = { findings: [...unread, ...findings], counts };
  if (flags.output === 'json' || flags.output === 'yaml') await sayData(flags.output, validation);
  else say(...view(validation, canvasOf()));
  if (validation.findings.some(({ severity }) => severity === 'error')) process.exitCode = EXIT.no;
}
