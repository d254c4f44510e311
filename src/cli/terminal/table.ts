import { type Canvas, clip, pad, widthOf } from './paint.ts';

/** A column of a table. Cells of the last column may be truncated to fit the terminal. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => string;
}

/** Maximum number of names in a sentence. */
const MOST_NAMES = 4;

/** Names of similar things, as the beginning of a sentence. */
export function namesText(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const GAP = 3;

/** The rows under their titles. Only the last column is truncated if the terminal is too narrow. */
export function tableLines<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { width, paint }: Pick<Canvas, 'width' | 'paint'>,
): string[] {
  const cells = [
    columns.map(({ title }) => paint('faint', title)),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => widthOf(line[at] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + GAP, 0);
  const room = Math.max(width - before, 12);
  return cells.map((line) => {
    const last = clip(line.at(-1) ?? '', room);
    const first = line.slice(0, -1).map((cell, at) => pad(cell, (widths[at] ?? 0) + GAP));
    return [...first, last].join('').trimEnd();
  });
}
