import { type Track, tracksOf } from '../../analysis/verdict/track.ts';
import type { Release } from '../../api/release/release.ts';
import { COLOURS, metricPanel, PANEL } from './metric-panel.ts';
import { label } from './svg.ts';
import { trackWords } from './track-words.ts';

/** The metrics of a release as a picture: an SVG of 640 pixels in width, and what it shows in words. */
export interface Picture {
  readonly svg: string;
  readonly words: string;
}

/** Plots in a picture, at most: what is above is named in words only. */
const MOST_PLOTS = 4;
/** Longest description: Slack and readers of screens take no more. */
const MOST_WORDS = 1_000;
const FOOT = 26;

interface Plot {
  readonly name: string;
  readonly track: Track;
}

function plotsOf({ spec, status }: Release): readonly Plot[] {
  return (status?.analysis?.metrics ?? []).flatMap((state) => {
    const metric = spec.metrics.find(({ name }) => name === state.name);
    const tracks = metric === undefined ? [] : tracksOf(metric, state, spec);
    return tracks.filter(({ points }) => points.length > 1).map((track) => ({ name: state.name, track }));
  });
}

/** What the colours mean, and where that is written. */
const KEYS = [
  [8, 'canary', COLOURS.canary],
  [96, 'its confidence band', COLOURS.band],
  [258, 'allowed', COLOURS.limit],
  [344, 'stable', COLOURS.stable],
] as const;

function legend(y: number, hidden: number, isCompared: boolean): string {
  const keys = KEYS.slice(0, isCompared ? 4 : 3).map(
    ([x, text, colour]) =>
      `<rect x="${x}" y="${y - 9}" width="14" height="9" fill="${colour}"/>${label([x + 20, y], text, 'class="tick"')}`,
  );
  const more = hidden === 0 ? 'times in UTC' : `${hidden} more; times in UTC`;
  return `${keys.join('')}${label([PANEL.width - 8, y], more, 'class="tick" text-anchor="end"')}`;
}

/** The plots that the dashboard has, for a message. Null while no rate of requests has two windows. */
export function pictureOf(release: Release): Picture | null {
  const plots = plotsOf(release);
  if (plots.length === 0) return null;
  const shown = plots.slice(0, MOST_PLOTS);
  const height = shown.length * PANEL.height + FOOT;
  const isCompared = shown.some(({ track }) => track.points.some(({ stable }) => stable !== null));
  const panels = shown.map(
    ({ name, track }, index) =>
      `<g transform="translate(0 ${index * PANEL.height})">${metricPanel(name, track)}</g>`,
  );
  const style = `text{font:13px Inter,sans-serif;fill:${COLOURS.text}}.tick{font-size:11px;fill:${COLOURS.faint}}`;
  return {
    svg: [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${PANEL.width}" height="${height}">`,
      `<style>${style}</style><rect width="100%" height="100%" fill="${COLOURS.page}"/>`,
      ...panels,
      legend(height - 10, plots.length - shown.length, isCompared),
      '</svg>',
    ].join(''),
    words: plots
      .map(({ name, track }) => trackWords(track, name))
      .join('; ')
      .slice(0, MOST_WORDS),
  };
}
