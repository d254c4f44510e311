import { coloured, harmlessLine } from './harmless.ts';
import { clip, widthOf } from './paint.ts';

/** Draws frames one over the other. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Leaves the last frame standing, and the cursor below it. */
  leave(): void;
}

const ESC = '\u001b';
const [HIDE, SHOW] = [`${ESC}[?25l`, `${ESC}[?25h`];

/**
 * Frames in place on a terminal. A frame higher than the terminal is truncated, so that its first line can always be
 * reached; if the terminal got narrower, it has rewrapped the lines.
 */
export function createScreen(stream: NodeJS.WriteStream): Screen {
  let drawn: readonly string[] = [];
  const height = (): number =>
    drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / stream.columns)), 0);
  return {
    draw: (lines) => {
      const room = Math.max(3, stream.rows - 1);
      const cut =
        lines.length > room
          ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`]
          : lines;
      const up = height();
      const back = up > 0 ? `${ESC}[${up}A\r` : HIDE;
      drawn = cut.map((line) => clip(harmlessLine(line), stream.columns));
      stream.write(`${back}${drawn.map((line) => `${coloured(line)}${ESC}[K\n`).join('')}${ESC}[J`);
    },
    leave: () => {
      drawn = [];
      stream.write(SHOW);
    },
  };
}
