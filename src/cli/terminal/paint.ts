import { stripVTControlCharacters, styleText } from 'node:util';
import type { Tone } from '../../view/tone.ts';
import { harmlessLine, owned } from './harmless.ts';

/** A tone, or what stands out in a text. */
type Style = Tone | 'strong';

/** Gives a text its tone, or leaves it as it is where colours are not wanted. */
export type Paint = (tone: Style, text: string) => string;

const FORMATS = {
  good: 'green',
  bad: 'red',
  doubt: 'yellow',
  active: 'cyan',
  strong: 'bold',
  faint: 'dim',
} as const satisfies Record<Style, Parameters<typeof styleText>[0]>;

/** No colours: for files, pipes and tests. */
export const plain: Paint = (_tone, text) => text;

/** Colours where the stream is a terminal that has them, unless NO_COLOR is set. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (tone, text) => {
    if (text === '') return '';
    const styled = styleText(FORMATS[tone], TEXT, { stream, validateStream: true });
    const [open = '', close = ''] = styled.split(TEXT);
    return `${owned(open)}${text}${owned(close)}`;
  };
}

/** Stands for a text that is styled. */
const TEXT = 'x';

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(harmlessLine(text)).length;
}

/** A text cut to a width, with an ellipsis in place of what does not fit. A cut text loses its colours. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width <= 0 ? '' : `${stripVTControlCharacters(harmlessLine(text)).slice(0, width - 1)}…`;
}

/** A text filled up with spaces to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** A space at which no line is broken. */
export const FIXED = '\u00a0';

/** A number stays with its unit. */
const UNIT = /(\d) (%|ms|s)(?![a-z])/g;

/**
 * Lines of at most `width` columns, broken between words, but not at `FIXED`, which comes out as a plain space; a word
 * that is longer has a line of its own.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replaceAll(UNIT, `$1${FIXED}$2`).split(/[ \t\n]+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || widthOf(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map((one) => one.replaceAll(FIXED, ' '));
}

/** How a view is to be drawn. */
export interface Canvas {
  /** Columns. */
  readonly width: number;
  readonly paint: Paint;
  /** The time that ages are reckoned from, in epoch milliseconds. */
  readonly now: number;
}
