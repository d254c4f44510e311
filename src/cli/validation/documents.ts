import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';

/** One part of the path to a field: a key, or an index. */
export type Path = readonly (string | number)[];

/** A mistake in a file, or a note about it. */
export interface Finding {
  readonly file: string;
  /** Number of the document in the file, from 1. */
  readonly document: number;
  /** Such as `spec.steps[1].weight`; empty for the whole document. */
  readonly field: string;
  readonly message: string;
  readonly line?: number;
  /** A note is not a mistake: it says what could not be checked. */
  readonly severity: 'error' | 'note';
}

/** One object in a file. */
export interface Source {
  readonly file: string;
  readonly document: number;
  readonly value: unknown;
  /** The line of a field, or of the nearest existing part of its path. */
  readonly lineOf: (path: Path) => number | undefined;
}

const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/;

/** The path to a field as people write it. */
function fieldOf(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!PLAIN_KEY.test(part)) return `${text}["${part}"]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

function childOf(node: unknown, part: string | number): { key: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => (isScalar(key) ? key.value : key) === part);
    return pair && { key: pair.key, value: pair.value };
  }
  if (isSeq(node) && typeof part === 'number') return { key: node.items[part], value: node.items[part] };
  return undefined;
}

function lineIn(document: Document, counter: LineCounter, path: Path): number | undefined {
  let node: unknown = document.contents;
  let at = document.contents?.range?.[0];
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    const child = childOf(node, part);
    if (child === undefined) break;
    at = (child.key as Node | null)?.range?.[0] ?? at;
    node = child.value;
  }
  return at === undefined ? undefined : counter.linePos(at).line;
}

function hintFor(text: string): string {
  return /\{\{.*\}\}/.test(text)
    ? '; this looks like a template of Helm: check what `helm template` makes of it'
    : '';
}

/** The objects of a YAML or JSON file: of every document, and of every List in one. */
export function readDocuments(file: string, text: string): { sources: Source[]; findings: Finding[] } {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false });
  const sources: Source[] = [];
  const findings: Finding[] = [];
  if (!Array.isArray(documents)) return { sources, findings };
  for (const [index, document] of documents.entries()) {
    const number = index + 1;
    const [error] = document.errors;
    if (error !== undefined) {
      const { line } = counter.linePos(error.pos[0]);
      const message = `is no valid YAML: ${error.message}${hintFor(text)}`;
      findings.push({ file, document: number, field: '', message, line, severity: 'error' });
      continue;
    }
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    const items = (value as { kind?: unknown; items?: unknown }).items;
    const isList = (value as { kind?: unknown }).kind === 'List' && Array.isArray(items);
    const at = (prefix: Path, object: unknown): Source => ({
      file,
      document: number,
      value: object,
      lineOf: (path) => lineIn(document, counter, [...prefix, ...path]),
    });
    if (isList) items.forEach((item, place) => sources.push(at(['items', place], item)));
    else sources.push(at([], value));
  }
  return { sources, findings };
}

/** A finding about a field of an object. */
export function findingAt(
  source: Source,
  path: Path,
  message: string,
  severity: Finding['severity'] = 'error',
): Finding {
  const line = source.lineOf(path);
  return {
    file: source.file,
    document: source.document,
    field: fieldOf(path),
    message,
    ...(line === undefined ? {} : { line }),
    severity,
  };
}
