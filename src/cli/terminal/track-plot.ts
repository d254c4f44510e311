import { percentText } from '../../analysis/verdict/number-text.ts';
import type { Track, TrackPoint } from '../../analysis/verdict/track.ts';
import { type Paint, pad } from './paint.ts';

const ROWS = 9;
/** Columns for each window, and for the numbers on the left. */
const [STEP, AXIS] = [3, 8];

type Cell = (text: string) => string;

/** The row of a rate, 0 at the top. */
function rowOf(share: number, top: number): number {
  return Math.round((1 - Math.min(share, top) / top) * (ROWS - 1));
}

/** The highest rate to show: all lines, and as much of the bands as keeps the lines apart. */
function topOf(points: readonly TrackPoint[]): number {
  const lines = points.flatMap(({ canary, stable, limit }) => [canary, stable ?? 0, limit]);
  const highest = Math.max(...lines, 0.001);
  const bands = Math.max(...points.map(({ high }) => high));
  return Math.min(1, Math.max(highest * 1.15, Math.min(bands, highest * 3)));
}

function cellOf(point: TrackPoint, row: number, top: number, paint: Paint): string {
  const { canary, stable, limit, low, high } = point;
  const isOver = canary > limit;
  const at = (share: number): boolean => rowOf(share, top) === row;
  const ours: Cell = (text) => paint(isOver ? 'bad' : 'active', text);
  if (at(canary)) return ours('●');
  if (stable !== null && at(stable)) return paint('good', '○');
  const inBand = row >= rowOf(high, top) && row <= rowOf(low, top);
  if (inBand) return paint('faint', '│');
  return at(limit) ? paint('doubt', '╌') : ' ';
}

function lineOf(points: readonly TrackPoint[], row: number, top: number, paint: Paint): string {
  const cells = points.map((point, index) => {
    const onLimit = rowOf(point.limit, top) === row;
    const gap = onLimit ? paint('doubt', '╌') : ' ';
    const isNew = index > 0 && points[index - 1]?.step !== point.step;
    return `${isNew ? paint('faint', '┆') : gap}${cellOf(point, row, top, paint)}${gap}`;
  });
  return cells.join('').trimEnd();
}

/** A plot of the rate of bad requests over the windows: ● canary with its band, ○ stable, ╌ what is allowed. */
export function trackPlot({ points }: Track, { width, paint }: { width: number; paint: Paint }): string[] {
  const room = Math.max(1, Math.floor((width - AXIS - 2) / STEP));
  const shown = points.slice(-room);
  const top = topOf(shown);
  const labels = new Map([
    [0, percentText(top)],
    [Math.floor(ROWS / 2), percentText(top / 2)],
    [ROWS - 1, '0 %'],
  ]);
  const [first, last] = [shown[0]?.at.slice(11, 19) ?? '', shown.at(-1)?.at.slice(11, 19) ?? ''];
  const below = Math.max(0, shown.length * STEP - first.length - last.length);
  return [
    ...Array.from({ length: ROWS }, (_, row) => {
      const label = labels.get(row) ?? '';
      return `${' '.repeat(AXIS - label.length)}${label} ${paint('faint', '┤')}${lineOf(shown, row, top, paint)}`;
    }),
    `${' '.repeat(AXIS + 2)}${paint('faint', shown.length < 7 ? first : `${pad(first, first.length + below)}${last}`)}`,
  ];
}
