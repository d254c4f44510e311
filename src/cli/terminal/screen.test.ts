import { describe, expect, it } from 'vitest';
import { createScreen } from './screen.ts';

const ESC = '\u001b';

/** A terminal of a size; returns what was written to it, with its control sequences in words. */
function terminal(columns: number, rows: number) {
  const written: string[] = [];
  const stream = { columns, rows, write: (text: string) => written.push(text) };
  const screen = createScreen(stream as unknown as NodeJS.WriteStream);
  const taken = (): string =>
    written
      .splice(0)
      .join('')
      .replaceAll(`${ESC}[K`, '')
      .replaceAll(`${ESC}[J`, '<clear>')
      .replaceAll(`${ESC}[?25l`, '<hide>')
      .replaceAll(`${ESC}[?25h`, '<show>')
      .replaceAll(new RegExp(`${ESC}\\[(\\d+)A\\r`, 'g'), '<up $1>');
  return { stream, screen, taken };
}

describe('a screen', () => {
  it('draws each frame over the last, and gives the cursor back', () => {
    const { screen, taken } = terminal(80, 24);
    screen.draw(['a', 'b']);
    expect(taken()).toBe('<hide>a\nb\n<clear>');
    screen.draw(['c']);
    expect(taken()).toBe('<up 2>c\n<clear>');
    screen.leave();
    expect(taken()).toBe('<show>');
  });

  it('never draws more lines than there are, nor longer ones', () => {
    const { screen, taken } = terminal(10, 5);
    screen.draw(['a line that is too long', '2', '3', '4', '5', '6']);
    expect(taken()).toBe('<hide>a line th…\n2\n3\n… 3 more …\n<clear>');
  });

  it('finds its first line again where the terminal got narrower', () => {
    const { stream, screen, taken } = terminal(20, 24);
    screen.draw(['a line of 17 chars', 'b']);
    taken();
    stream.columns = 10;
    screen.draw(['a']);
    expect(taken()).toBe('<up 3>a\n<clear>');
  });

  it('shows what came from elsewhere harmless, in as much room as it takes', () => {
    const { screen, taken } = terminal(12, 24);
    screen.draw([`a${ESC}[2J${ESC}[9A`]);
    expect(taken()).toBe('<hide>a\\u001b[2J\\…\n<clear>');
    screen.draw(['b']);
    expect(taken()).toBe('<up 1>b\n<clear>');
  });
});
