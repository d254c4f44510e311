import { percentText } from '../analysis/verdict/number-text.ts';
import { formatDuration } from '../api/values/duration.ts';
import type { ReplayReport } from './replay.ts';
import { BOX, bar, dot, intervalLine, lineOf, type Mark, plot, type Scale, scale, ticks } from './svg.ts';

const { width, height, left, right, top, bottom } = BOX;
const across = [left, width - right] as const;
const up = [height - bottom, top] as const;
const FOUND = 0.8;
const BARS = 24;

/** An increase of a rate, for people: `+3 pp`. */
export function pointsText(share: number): string {
  return `+${percentText(share).replace('%', 'pp')}`;
}

const percentMarks = (y: Scale): Mark[] =>
  [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => ({ at: y(share), text: percentText(share) }));

/** How often a fault is found, by its strength, for each metric. */
export function powerPlot({ sensitivity }: ReplayReport): string {
  const extras = sensitivity[0]?.levels.map(({ extra }) => extra) ?? [];
  const x = scale([extras[0] ?? 0.001, extras.at(-1) ?? 1], [left + 14, width - right - 14], true);
  const y = scale([0, 1], up);
  // Side by side, so that similar metrics do not hide each other.
  const aside = (at: number): number => (at - (sensitivity.length - 1) / 2) * 5;
  const content = sensitivity.flatMap(({ metric, levels }, at) => {
    const style = at % 4;
    const points = levels.map(({ extra, found }) => [x(extra) + aside(at), y(found.share)] as const);
    return [
      lineOf(points, `l${style}`),
      ...levels.flatMap(({ extra, found, medianSeconds }, index) => {
        const [px = 0, py = 0] = points[index] ?? [];
        const after = medianSeconds === null ? '' : `, after ${formatDuration(medianSeconds * 1_000)}`;
        const tip = `${metric}: ${percentText(found.share)} at ${pointsText(extra)}${after}`;
        return [intervalLine(px, y(found.low), y(found.high), `w${style}`), dot(px, py, `d${style}`, tip)];
      }),
    ];
  });
  const limit = lineOf(
    [
      [left, y(FOUND)],
      [width - right, y(FOUND)],
    ],
    'limit',
  );
  const axes = {
    x: extras.map((extra) => ({ at: x(extra), text: pointsText(extra) })),
    y: percentMarks(y),
    xTitle: 'more of the canary’s requests going bad, in percentage points',
  };
  return plot('Share of releases rolled back, by the strength of the fault', axes, [limit, ...content]);
}

/** How long releases took to their promotion, as a histogram. */
export function decisionPlot({ decisionSeconds, windowSeconds }: ReplayReport): string {
  if (decisionSeconds.length === 0) return '<p>No release was promoted within the time.</p>';
  const most = Math.max(...decisionSeconds);
  const wide = Math.max(windowSeconds, Math.ceil(most / BARS / windowSeconds) * windowSeconds);
  const count = Math.floor(most / wide) + 1;
  const counts = Array.from(
    { length: count },
    (_, at) => decisionSeconds.filter((one) => Math.floor(one / wide) === at).length,
  );
  const marks = ticks(Math.max(...counts));
  const x = scale([0, count * wide], across);
  const y = scale([0, marks.at(-1) ?? 1], up);
  const bars = counts.map((value, at) => {
    const from = x(at * wide);
    const tip = `${value} from ${formatDuration(at * wide * 1_000)} to ${formatDuration((at + 1) * wide * 1_000)}`;
    return bar(
      { x: from + 1, y: y(value), width: x((at + 1) * wide) - from - 2, height: y(0) - y(value) },
      'bars',
      tip,
    );
  });
  const every = Math.max(1, Math.ceil(count / 8));
  const edges = Array.from({ length: count + 1 }, (_, at) => at).filter((at) => at % every === 0);
  const axes = {
    x: edges.map((at) => ({ at: x(at * wide), text: at === 0 ? '0' : formatDuration(at * wide * 1_000) })),
    y: marks.map((value) => ({ at: y(value), text: String(value) })),
    xTitle: 'time from the first weight to the promotion',
  };
  return plot('Releases by time to their promotion', axes, bars);
}

/** Requests a second by period, red where releases were falsely aborted. */
export function periodPlot({ periods, fromMs, toMs, forSeconds }: ReplayReport): string {
  const marks = ticks(Math.max(...periods.map(({ perSecond }) => perSecond)));
  const x = scale([fromMs, toMs], across);
  const y = scale([0, marks.at(-1) ?? 1], up);
  const least = (width - left - right) / Math.max(40, periods.length * 1.5);
  const bars = periods.map(({ startMs, perSecond, badShare, trials, falseAborts }) => {
    const wide = Math.max(least, x(startMs + forSeconds * 1_000) - x(startMs) - 1);
    const failed = badShare === null ? '' : `, ${percentText(badShare)} failed`;
    const tip = `${new Date(startMs).toISOString().slice(0, 16).replace('T', ' ')}: ${Number(perSecond.toPrecision(3))} requests/s${failed}; ${falseAborts} of ${trials} rolled back`;
    const box = {
      x: Math.min(x(startMs), width - right - wide),
      y: y(perSecond),
      width: wide,
      height: y(0) - y(perSecond),
    };
    return bar(box, falseAborts > 0 ? 'badBars' : 'bars', tip);
  });
  const isLong = toMs - fromMs > 2 * 86_400_000;
  const times = Array.from({ length: 6 }, (_, at) => fromMs + ((at + 0.5) / 6) * (toMs - fromMs));
  const axes = {
    x: times.map((at) => {
      const text = new Date(at).toISOString();
      return { at: x(at), text: isLong ? text.slice(5, 10) : text.slice(11, 16) };
    }),
    y: marks.map((value) => ({ at: y(value), text: String(value) })),
    xTitle: 'time (UTC); height: requests a second',
  };
  return plot('Requests a second by period', axes, bars);
}
