/** Text escaped for HTML and SVG, also within quotes. */
export function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (one) => entities[one] ?? one);
}

/** Maps a value to a coordinate. */
export type Scale = (value: number) => number;

/** A scale from `from` to `to`: linear, or logarithmic if `log`. */
export function scale(from: readonly [number, number], to: readonly [number, number], log = false): Scale {
  const turn = log ? Math.log : (value: number): number => value;
  const [low, high] = [turn(from[0]), turn(from[1])];
  return (value) => to[0] + ((turn(value) - low) / (high - low || 1)) * (to[1] - to[0]);
}

/** Round numbers from 0 to at least `most`, at most six. */
export function ticks(most: number): number[] {
  if (most <= 0) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / 5));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => most / one <= 5) ?? 10 * power;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) =>
    Number((at * step).toPrecision(6)),
  );
}

/** Where a plot is drawn, in a box of its own with room for the axes. */
export const BOX = { width: 640, height: 230, left: 58, right: 16, top: 14, bottom: 42 } as const;
const { width, height, left, right, bottom } = BOX;

const fixed = (value: number): string => String(Number(value.toFixed(1)));

/** An axis mark: position and label. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

function axis(x: readonly Mark[], y: readonly Mark[]): string {
  const lines = y.map(
    ({ at, text }) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${fixed(at)}" y2="${fixed(at)}"/><text x="${left - 8}" y="${fixed(at + 4)}" text-anchor="end">${escapeText(text)}</text>`,
  );
  const marks = x.map(
    ({ at, text }) =>
      `<text x="${fixed(at)}" y="${height - bottom + 18}" text-anchor="middle">${escapeText(text)}</text>`,
  );
  return [...lines, ...marks].join('');
}

/** A plot with its axes; `title` is for those who cannot see it. */
export function plot(
  title: string,
  axes: { readonly x: readonly Mark[]; readonly y: readonly Mark[]; readonly xTitle: string },
  content: readonly string[],
): string {
  const label = `<text class="axis" x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">${escapeText(axes.xTitle)}</text>`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${axis(axes.x, axes.y)}${content.join('')}${label}</svg>`;
}

/** A line through points. */
export function lineOf(points: readonly (readonly [number, number])[], style: string): string {
  return `<polyline class="${style}" points="${points.map(([x, y]) => `${fixed(x)},${fixed(y)}`).join(' ')}"/>`;
}

/** A dot with a text that shows when it is pointed at. */
export function dot(x: number, y: number, style: string, tip: string): string {
  return `<circle class="${style}" cx="${fixed(x)}" cy="${fixed(y)}" r="4"><title>${escapeText(tip)}</title></circle>`;
}

/** A line up and down, for an interval. */
export function intervalLine(x: number, low: number, high: number, style: string): string {
  return `<line class="${style}" x1="${fixed(x)}" x2="${fixed(x)}" y1="${fixed(low)}" y2="${fixed(high)}"/>`;
}

/** A bar with a text that shows when it is pointed at. */
export function bar(
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  style: string,
  tip: string,
): string {
  return `<rect class="${style}" x="${fixed(box.x)}" y="${fixed(box.y)}" width="${fixed(Math.max(0.5, box.width))}" height="${fixed(Math.max(0, box.height))}"><title>${escapeText(tip)}</title></rect>`;
}
