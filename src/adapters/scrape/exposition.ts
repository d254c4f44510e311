import type { Series } from '../../analysis/evidence/sample.ts';

/** One line of a metrics page: the name, the text between the braces, and the value. */
export interface Line {
  readonly name: string;
  readonly body: string;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)(?:\s|$)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };

/** A value in the text format. */
function numberOf(text: string): number | null {
  const value = Number(text.replace(/^([+-]?)Inf$/i, '$1Infinity'));
  return Number.isNaN(value) && text.toLowerCase() !== 'nan' ? null : value;
}

/** Reads a line of the text format; null for a comment or an empty line, a text for an invalid line. */
export function parseLine(line: string): Line | null | 'notALine' {
  if (line === '' || line.startsWith('#') || line.trim() === '') return null;
  const [, name, body = '', text = ''] = SAMPLE.exec(line) ?? [];
  const value = numberOf(text);
  return name === undefined || value === null ? 'notALine' : { name, body, value };
}

/** The labels between the braces. */
export function parseLabels(body: string): Series['labels'] {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of body.matchAll(LABEL)) {
    labels[name] = value.replaceAll(/\\(.)/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
  }
  return labels;
}
