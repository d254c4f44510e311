import type { ReplayReport } from '../../api/examination.ts';
import { Table } from '../parts/table.tsx';
import { spanText } from '../parts/time.tsx';
import { percentText } from '../release/metric-plot.tsx';

export type Report = ReplayReport;

const points = (share: number): string => `+${Number((share * 100).toPrecision(3))} pp`;
const seconds = (value: number | null): string => (value === null ? '–' : spanText(value * 1_000));

function Sensitivity({ report: { sensitivity } }: { readonly report: Report }) {
  const extras = sensitivity[0]?.levels.map(({ extra }) => extra) ?? [];
  return (
    <Table
      class="number"
      heads={['More bad', ...sensitivity.map(({ metric }) => metric)]}
      rows={extras.map((extra, at) => (
        <tr key={extra}>
          <th scope="row">{points(extra)}</th>
          {sensitivity.map(({ metric, levels }) => {
            const level = levels[at];
            const when =
              level === undefined || level.medianSeconds === null
                ? ''
                : ` in ${seconds(level.medianSeconds)}`;
            return (
              <td key={metric}>{level === undefined ? '–' : `${percentText(level.found.share)}${when}`}</td>
            );
          })}
        </tr>
      ))}
    />
  );
}

/** The report of a replay, as `sluice replay` writes it. */
export function ReplayReportView({ report }: { readonly report: Report }) {
  const { falseAborts, allowed, falseAbortsBy, promoted, undecided, undecidedExample, periods } = report;
  const { medianSeconds, p90Seconds, sensitivity, leftOut, empty, split, countsFromMs, toMs } = report;
  const { hits, trials, share, low, high } = falseAborts;
  return (
    <>
      <p>
        <strong class={low > allowed ? 'tone-bad' : 'tone-good'}>
          {hits} of {trials} good releases rolled back: {percentText(share)}
        </strong>{' '}
        (95 % sure: {percentText(low)} to {percentText(high)}); the policy allows {percentText(allowed)}.
      </p>
      {falseAbortsBy.map(({ metric, count, example }) => (
        <p key={metric} class="faint">
          {metric}: {count}, such as: {example}
        </p>
      ))}
      <p>
        To the promotion: median {seconds(medianSeconds)}, 9 of 10 within {seconds(p90Seconds)} ({promoted}{' '}
        promoted, {hits} rolled back, {undecided} undecided).
      </p>
      {undecidedExample !== null && (
        <p class="faint">One that is undecided still waits for: {undecidedExample}</p>
      )}
      <ul class="plain">
        {sensitivity.map(({ metric, smallest }) => (
          <li key={metric}>
            Smallest fault found by <strong>{metric}</strong>:{' '}
            {smallest === null ? 'none' : `${points(smallest)} of its requests going bad`}
          </li>
        ))}
      </ul>
      <Sensitivity report={report} />
      <p class="faint">
        {periods.length} {periods.length === 1 ? 'period' : 'periods'}, split by {split}
        {empty > 0 && `; ${empty} more had no version that served all along, or no requests`}
        {countsFromMs !== undefined && ` (the counts go back only ${spanText(toMs - countsFromMs)})`}.
        {leftOut.map(({ metric, why }) => ` Left out: ${metric}: ${why}.`)}
      </p>
    </>
  );
}
