import { escapeText } from '../../../src/replay/svg.ts';
import type { Row } from './run.ts';
import { type Cell, namesOf, summaryOf } from './summary.ts';

const [LEFT, TOP, WIDE, HIGH, GAP] = [130, 110, 46, 22, 40];

/** Green where it is right, red where it is wrong. */
function colour(share: number | null, good: 0 | 1): string {
  if (share === null) return '#eeeeee';
  const wrong = Math.abs(share - good);
  // A few percent of false aborts are much worse than none.
  const hue = 130 * (1 - Math.min(1, wrong) ** 0.4);
  return `hsl(${hue.toFixed(0)}, 60%, 72%)`;
}

function panel(
  title: string,
  cells: readonly Cell[],
  names: ReturnType<typeof namesOf>,
  at: { readonly x: number; readonly of: (cell: Cell) => number | null; readonly good: 0 | 1 },
): string[] {
  const { engines, families } = names;
  const heads = engines.map((engine, column) => {
    const x = at.x + column * WIDE + WIDE / 2;
    return `<text transform="translate(${x} ${TOP - 6}) rotate(-45)">${escapeText(engine)}</text>`;
  });
  const boxes = families.flatMap((family, row) =>
    engines.map((engine, column) => {
      const cell = cells.find((one) => one.engine === engine && one.family === family);
      const share = cell === undefined ? null : at.of(cell);
      const [x, y] = [at.x + column * WIDE, TOP + row * HIGH];
      const text = share === null ? '' : (share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0);
      return `<rect x="${x}" y="${y}" width="${WIDE - 1}" height="${HIGH - 1}" fill="${colour(share, at.good)}"/><text x="${x + WIDE / 2}" y="${y + 15}" text-anchor="middle">${text}</text>`;
    }),
  );
  return [`<text x="${at.x}" y="16" font-weight="bold">${escapeText(title)}</text>`, ...heads, ...boxes];
}

/** The summary of all engines as a picture: false aborts, and worse versions that were found, in percent. */
export function heatMap(rows: readonly Row[]): string {
  const names = namesOf(rows);
  const { engines, families } = names;
  const cells = summaryOf(rows);
  const second = LEFT + engines.length * WIDE + GAP;
  const [width, height] = [second + engines.length * WIDE + GAP, TOP + families.length * HIGH + 10];
  const labels = families.map(
    (family, row) =>
      `<text x="${LEFT - 8}" y="${TOP + row * HIGH + 15}" text-anchor="end">${escapeText(family)}</text>`,
  );
  const content = [
    ...labels,
    ...panel('healthy versions rolled back, worst case, %', cells, names, {
      x: LEFT,
      of: ({ worst }) => worst,
      good: 0,
    }),
    ...panel('worse versions found, %', cells, names, { x: second, of: ({ found }) => found, good: 1 }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>${content.join('')}</svg>\n`;
}
