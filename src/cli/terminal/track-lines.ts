import { countText, percentText } from '../../analysis/verdict/number-text.ts';
import { type Track, tracksOf } from '../../analysis/verdict/track.ts';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState, WindowRecord } from '../../api/release/analysis-state.ts';
import type { Release } from '../../api/release/release.ts';
import type { Step } from '../../api/rollout/steps.ts';
import { stepLabel } from '../../release/strategy/steps.ts';
import { stepsOf } from '../../view/steps.ts';
import { type Canvas, wrap } from './paint.ts';
import { type Column, tableLines } from './table.ts';
import { trackPlot } from './track-plot.ts';
import { VERDICTS } from './verdict-mark.ts';

const LEGEND = '● canary (since the step began), │ where it may be, ○ stable, ╌ allowed';

const AGAINST: Readonly<Record<Track['against'], string>> = {
  stable: 'Share of bad requests, against stable',
  bound: 'Share of requests over the bound',
  'stable and bound': 'Share of bad requests, against stable and the bound',
};

/** One window with what its tracks made of it. */
interface Row {
  readonly record: WindowRecord;
  readonly tracks: readonly Track[];
  readonly index: number;
}

function bandText({ tracks, index }: Row): string {
  return tracks
    .map(({ points }) => {
      const point = points[index];
      if (point === undefined) return '-';
      return `${percentText(point.canary)} (${percentText(point.low).replace(' %', '')}–${percentText(point.high)}), allowed ${percentText(point.limit)}`;
    })
    .join('; ');
}

const nameOf = (step: Step | undefined): string => (step === undefined ? '?' : stepLabel(step));

function columnsOf(steps: readonly Step[], paint: Canvas['paint'], withBands: boolean): Column<Row>[] {
  return [
    { title: 'WINDOW', cell: ({ record }) => record.at.slice(11, 19) },
    { title: 'STEP', cell: ({ record }) => nameOf(steps[record.step]) },
    { title: 'REQUESTS', cell: ({ record }) => countText(record.canary.events) },
    {
      title: 'VERDICT',
      cell: ({ record: { verdict } }) =>
        paint(VERDICTS[verdict].tone, `${VERDICTS[verdict].mark} ${verdict}`),
    },
    ...(withBands ? [{ title: 'CANARY (BAND)', cell: bandText }] : []),
  ];
}

function reasonLines(history: readonly WindowRecord[], { width, paint }: Canvas): string[] {
  const turns = history.slice(0, -1).filter(({ message }) => message !== undefined);
  return turns.flatMap(({ at, message = '' }) => {
    const [first = '', ...rest] = wrap(message, width - 14);
    return [
      `    ${paint('faint', at.slice(11, 19))}  ${first}`,
      ...rest.map((line) => `              ${line}`),
    ];
  });
}

/** The kept windows of a metric: a plot for each limit, a table, and why the verdict changed. */
export function trackLines(release: Release, metric: Metric, state: MetricState, canvas: Canvas): string[] {
  const history = state.history ?? [];
  if (history.length === 0) return [];
  const { paint, width } = canvas;
  const tracks = tracksOf(metric, state, release.spec);
  const rows = history.map((record, index): Row => ({ record, tracks, index }));
  const steps = stepsOf(release).known;
  const table = tableLines(rows, columnsOf(steps, paint, tracks.length > 0), {
    ...canvas,
    width: width - 4,
  });
  const reasons = reasonLines(history, canvas);
  return [
    ...tracks.flatMap((track) => [
      '',
      `    ${paint('strong', AGAINST[track.against])}`,
      ...trackPlot(track, canvas),
    ]),
    ...(tracks.length === 0 ? [] : [`    ${paint('faint', LEGEND)}`]),
    '',
    ...table.map((line) => `    ${line}`),
    ...(reasons.length === 0 ? [] : ['', `    ${paint('strong', 'Verdicts before')}`, ...reasons]),
  ];
}
