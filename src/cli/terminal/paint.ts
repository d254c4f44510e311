import { stripVTControlCharacters, styleText } from 'node:util';
import type { Tone } from '../../view/tone.ts';
import { harmlessLine, owned } from './harmless.ts';

/** A tone, or an emphasis. */
type Style = Tone | 'strong';

/** Gives a text its tone, or leaves it as it is without colours. */
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

/** Colours if the stream is a terminal that supports them, unless NO_COLOR is set. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (tone, text) => {
    if (text === '') return '';
    const styled = styleText(FORMATS[tone], TEXT, { stream, validateStream: true });
    const [open = '', close = ''] = styled.split(TEXT);
    return `${owned(open)}${text}${owned(close)}`;
  };
}

/** A styled text. */
const TEXT = 'x';

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(harmlessLine(text)).length;
}

/** A text truncated to a width with an ellipsis. A truncated text loses its colours. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width <= 0 ? '' : `${stripVTControlCharacters(harmlessLine(text)).slice(0, width - 1)}…`;
}

/** A text padded with spaces to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** A non-breaking space. */
export const FIXED = '\u00a0';

/** A number stays with its unit. */
const UNIT = /(\d) (%|ms|s)(?![a-z])/g;

/**
 * Lines of at most `width` columns, broken between words, but not at `FIXED`, which becomes a plain space; a longer
 * word gets its own line.
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

/** How to draw a view. */
export interface Canvas {
  /** Columns. */
  readonly width: number;
  readonly paint: Paint;
  /** The current time for ages, in epoch milliseconds. */
  readonly now: number;
}
