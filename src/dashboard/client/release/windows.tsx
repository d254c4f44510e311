import type { MetricCourse } from '../../api/release.ts';
import { Table } from '../parts/table.tsx';
import { Clock } from '../parts/time.tsx';
import { percentText } from './metric-plot.tsx';

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

type Window = MetricCourse['windows'][number];
type Point = MetricCourse['tracks'][number]['points'][number];

function Row({
  window: { at, step, canary, stable, verdict, message },
  points,
  steps,
}: {
  readonly window: Window;
  readonly points: readonly Point[];
  readonly steps: readonly string[];
}) {
  const bands = points.map(
    ({ low, high, limit }) => `${percentText(low)} to ${percentText(high)}, allowed ${percentText(limit)}`,
  );
  return (
    <tr>
      <td>
        <Clock at={at} />
      </td>
      <td>{steps[step] ?? '?'}</td>
      <td>
        {grouped.format(canary.bad)} of {grouped.format(canary.events)}
      </td>
      <td>
        {grouped.format(stable.bad)} of {grouped.format(stable.events)}
      </td>
      <td>
        <span class={`verdict ${verdict}`}>{verdict}</span>
      </td>
      <td>
        {bands.join('; ')}
        {message !== undefined && <div class="faint">{message}</div>}
      </td>
    </tr>
  );
}

/** The kept windows of a metric, the newest first: counts since the step began, with band and bound. */
export function Windows({
  course: { windows, tracks },
  steps,
}: {
  readonly course: MetricCourse;
  readonly steps: readonly string[];
}) {
  if (windows.length === 0) return null;
  const pointsAt = (at: number): readonly Point[] =>
    tracks.map(({ points }) => points[at]).filter((one) => one !== undefined);
  return (
    <details>
      <summary>
        {windows.length} {windows.length === 1 ? 'window' : 'windows'}
      </summary>
      <Table
        class="number"
        heads={['Window', 'Step', 'Canary', 'Stable', 'Verdict', 'Band and bound']}
        rows={windows
          .map((window, at) => <Row key={window.at} window={window} points={pointsAt(at)} steps={steps} />)
          .toReversed()}
      />
    </details>
  );
}
