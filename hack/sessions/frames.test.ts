import { describe, expect, it } from 'vitest';
import { createFrames, newLines } from './frames.ts';

const ESC = '\u001b';

describe('a recorded terminal', () => {
  it('shows its frames, without what draws them, however their text arrives', () => {
    const frames = createFrames();
    frames.write(`${ESC}[?25l${ESC}[1mmodel${ESC}[0m${ESC}[K\r\n 25 %${ESC}[K\r\n${ESC}`, 0.2);
    frames.write(`[J${ESC}[2A\rmodel${ESC}[K\n 50 %${ESC}[K\n${ESC}[J`, 3);
    frames.write(`${ESC}[J${ESC}[?25hdone\r\n`, 4);
    expect(frames.end(5)).toEqual([
      { at: 3, lines: ['model', ' 25 %'] },
      { at: 3, lines: ['model', ' 50 %'] },
      { at: 5, lines: ['done'] },
    ]);
  });

  it('prints the lines that say something new', () => {
    const frames = [
      { at: 0, lines: ['model', 'loading for 1s', ''] },
      { at: 1, lines: ['model', 'loading for 2s'] },
      { at: 12.4, lines: ['model', 'judging', 'errors 0 %'] },
      { at: 13, lines: ['model', 'judging', 'errors 1 %'] },
    ];
    expect(newLines(frames)).toEqual([
      '   0 s  model',
      '        loading for 1s',
      '  12 s  judging',
      '        errors 0 %',
    ]);
  });
});
