import type { Track, TrackPoint } from '../../analysis/verdict/track.ts';
import { scaleOf, ticksTo, topOf } from './scale.ts';
import { area, label, line, type Place, svgText } from './svg.ts';

/** Colours of the light theme of the dashboard: a message has a background of its own, so the picture has, too. */
export const COLOURS = {
  page: '#ffffff',
  text: '#1b2430',
  faint: '#55606d',
  grid: '#e6eaee',
  canary: '#b85c00',
  stable: '#2a6fb0',
  limit: '#a62323',
  band: '#f1dfcc',
} as const;

/** Size of the picture of one metric, in pixels. */
export const PANEL = { width: 640, height: 148 } as const;

const LEFT = 64;
const RIGHT = PANEL.width - 16;
const TOP = 30;
const BOTTOM = PANEL.height - 24;

const percent = (rate: number): string => `${Number((rate * 100).toPrecision(2))} %`;
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** The course of one metric against one kind of limit. */
export function metricPanel(name: string, { against, points }: Track): string {
  const times = points.map(({ at }) => Date.parse(at));
  const x = scaleOf(times[0] ?? 0, times.at(-1) ?? 0, LEFT, RIGHT);
  const top = topOf(points.flatMap((one) => [one.high, one.canary, one.limit, one.stable ?? 0]));
  const y = scaleOf(0, top, BOTTOM, TOP);
  const places = (value: (point: TrackPoint) => number | null): Place[] =>
    points.flatMap((point, index) => {
      const rate = value(point);
      return rate === null ? [] : [[x.at(times[index] ?? 0), y.at(Math.min(rate, top))] as const];
    });
  const canary = places((point) => point.canary);
  const grid = ticksTo(top).map((tick) => {
    const at = y.at(tick);
    return `${line([[LEFT, at] as const, [RIGHT, at] as const], COLOURS.grid)}${label([LEFT - 6, at + 4], percent(tick), 'class="tick" text-anchor="end"')}`;
  });
  const dots = canary
    .slice(-1)
    .map(
      ([cx, cy]) => `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="3.5" fill="${COLOURS.canary}"/>`,
    );
  return [
    label(
      [8, 18],
      `${svgText(name, 48)} <tspan class="tick">share of bad requests, against ${against}</tspan>`,
    ),
    ...grid,
    area([...places((point) => point.high), ...places((point) => point.low).toReversed()], COLOURS.band),
    line(
      places((point) => point.limit),
      COLOURS.limit,
      'stroke-dasharray="5 4"',
    ),
    line(
      places((point) => point.stable),
      COLOURS.stable,
      'stroke-width="2"',
    ),
    line(canary, COLOURS.canary, 'stroke-width="2"'),
    ...dots,
    ...timeLabels(times, x.at),
  ].join('');
}

/** First, middle and last time below the plot; one alone where there is one. */
function timeLabels(times: readonly number[], at: (time: number) => number): readonly string[] {
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  const shown = first === last ? [first] : [first, (first + last) / 2, last];
  const anchors = shown.length === 1 ? ['middle'] : ['start', 'middle', 'end'];
  return shown.map((time, index) =>
    label([at(time), PANEL.height - 8], clock(time), `class="tick" text-anchor="${anchors[index]}"`),
  );
}
