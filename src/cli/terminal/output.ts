import type { KubeObject } from '../../api/meta.ts';
import { usage } from '../cli-error.ts';
import { coloured, harmlessJson, harmlessLine, harmlessYaml, isHarmful } from './harmless.ts';
import { type Canvas, paintFor, wrap } from './paint.ts';

/** How a command answers. */
export const FORMATS = ['json', 'yaml', 'wide', 'name'] as const;
export type Format = (typeof FORMATS)[number];

/** Without a terminal, lines may have any length. */
const ENDLESS = 10_000;
const NARROWEST = 80;

/** The requested format. */
export function formatOf(text: string | undefined): Format | undefined {
  const found = FORMATS.find((one) => one === text);
  if (text !== undefined && found === undefined)
    throw usage(`-o ${text}: there is no such format`, `use one of ${FORMATS.join(', ')}`);
  return found;
}

/** The canvas of standard output. Without a terminal, COLUMNS applies. */
export function canvasOf(stream: NodeJS.WriteStream = process.stdout): Canvas {
  const width = stream.isTTY ? stream.columns : Number(process.env['COLUMNS']) || ENDLESS;
  return { width: Math.max(width, NARROWEST), paint: paintFor(stream), now: Date.now() };
}

/**
 * All output goes through here or `sayText`: a line may contain text of objects, chosen by anybody who may write them.
 */
function write(stream: NodeJS.WriteStream, lines: readonly string[]): void {
  for (const line of lines) stream.write(`${coloured(harmlessLine(line))}\n`);
}

/** Writes lines to standard output. */
export function say(...lines: readonly string[]): void {
  write(process.stdout, lines);
}

/** Writes unwrapped lines to standard error, to be copied, or to show progress. */
export function tell(...lines: readonly string[]): void {
  write(process.stderr, lines);
}

/** Writes a multi-line text that is harmless by construction: JSON, YAML, a script. */
export function sayText(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`);
}

/** A sentence wrapped at words for the terminal; one line without a terminal. It has no line ends. */
function proseLines(text: string, stream: NodeJS.WriteStream): string[] {
  return wrap(text, stream.isTTY ? Math.max(stream.columns, NARROWEST) : Number.POSITIVE_INFINITY);
}

/** Writes a sentence for people to standard output. */
export function sayProse(text: string): void {
  say(...proseLines(text, process.stdout));
}

/** Writes a remark for people to standard error. */
export function remark(text: string): void {
  tell(...proseLines(text, process.stderr));
}

/** An object as `kubectl get -o name` writes it. */
function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind.toLowerCase()}.sluice.dev/${metadata.name}`;
}

/** Writes a value as JSON or YAML. */
export async function sayData(format: 'json' | 'yaml', data: unknown): Promise<void> {
  if (format === 'json') return sayText(harmlessJson(JSON.stringify(data, null, 2)));
  const { Document, visit } = await import('yaml');
  const document = new Document(data);
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && isHarmful(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  const whole = { lineWidth: 0, doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY };
  sayText(harmlessYaml(document.toString(whole)));
}

/** Writes the names of objects. */
export function sayNames(objects: readonly KubeObject[]): void {
  say(...objects.map(nameOf));
}

/** Writes objects in a format for programs: a List of several, or the names. */
export async function sayObjects(
  format: 'json' | 'yaml' | 'name',
  objects: readonly KubeObject[],
  single: boolean,
): Promise<void> {
  if (format === 'name') return sayNames(objects);
  const [only] = objects;
  await sayData(
    format,
    single && only !== undefined ? only : { apiVersion: 'v1', kind: 'List', items: objects },
  );
}
