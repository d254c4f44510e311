import { stripVTControlCharacters } from 'node:util';

/** What a terminal showed, whole. */
export interface Frame {
  /** Seconds since the recording began. */
  readonly at: number;
  readonly lines: readonly string[];
}

/** Ends of frames that a program drew in place: what is below is erased. */
const FRAME_END = '\u001b[J';

/** Takes what a program writes to a terminal apart into the frames that it drew; what follows the last one is one, too. */
export function createFrames(): {
  write(text: string, at: number): void;
  end(at: number): readonly Frame[];
} {
  const frames: Frame[] = [];
  let rest = '';
  const add = (text: string, at: number): void => {
    const lines = stripVTControlCharacters(text)
      .split('\n')
      .map((line) => line.replaceAll('\r', '').trimEnd());
    while (lines.at(-1) === '') lines.pop();
    while (lines[0] === '') lines.shift();
    if (lines.length > 0) frames.push({ at, lines });
  };
  return {
    write: (text, at) => {
      const parts = `${rest}${text}`.split(FRAME_END);
      rest = parts.pop() ?? '';
      for (const part of parts) add(part, at);
    },
    end: (at) => {
      add(rest, at);
      return frames;
    },
  };
}

/** Figures that change without anything else: ages, and counts on their way. */
const plain = (line: string): string => line.replaceAll(/\d[\d.,:]*/g, '0');

/**
 * The lines of frames that say something new, with the second in which they came: the first frame whole, then each line
 * that differs from all of the frame before in more than its figures.
 */
export function newLines(frames: readonly Frame[]): readonly string[] {
  const shown: string[] = [];
  let before: ReadonlySet<string> = new Set();
  for (const { at, lines } of frames) {
    const now = `${at.toFixed(0)} s`.padStart(6);
    const news = lines.filter((line) => line !== '' && !before.has(plain(line)));
    shown.push(...news.map((line, index) => `${index === 0 ? now : ' '.repeat(6)}  ${line}`));
    before = new Set(lines.map(plain));
  }
  return shown;
}
