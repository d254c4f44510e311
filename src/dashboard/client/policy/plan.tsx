import { useState } from 'preact/hooks';
import type { PlanPage } from '../../api/examination.ts';
import { Choice } from '../parts/choice.tsx';
import { Table } from '../parts/table.tsx';
import { spanText } from '../parts/time.tsx';
import { Asking } from './asking.tsx';

const OVER = ['1m', '5m', '30m', '2h', '24h'];

const time = (ms: number | null): string => (ms === null ? '?' : ms === 0 ? '–' : spanText(ms));

function Plan({ plan }: { readonly plan: PlanPage }) {
  const { steps, connect, promotionMs, totalMs, traffic, rounding, notes } = plan;
  const rates = traffic.map(({ metric, perSecond }) =>
    perSecond === null ? `${metric}: not known` : `${metric}: ${Number(perSecond.toPrecision(3))} requests/s`,
  );
  return (
    <>
      <p>
        <strong>All in all {totalMs === null ? 'not known' : `about ${spanText(totalMs)}`}</strong>, if the
        new version is as good as stable.
      </p>
      <p class="faint">Traffic now: {rates.join(', ') || 'nothing counts requests'}.</p>
      <Table
        class="number"
        heads={['Step', 'Pods', 'Load', 'Settle', 'Evidence', 'Bake', 'Takes', 'Because of']}
        rows={steps.map((step, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name of their own
          <tr key={at}>
            <th scope="row">{step.name}</th>
            <td>{step.pods}</td>
            <td>{time(step.loadMs)}</td>
            <td>{time(step.settleMs)}</td>
            <td>{time(step.evidenceMs)}</td>
            <td>{time(step.bakeMs)}</td>
            <td>{time(step.takesMs)}</td>
            <td>{step.because}</td>
          </tr>
        ))}
      />
      <p class="faint">
        {connect !== null && `Before the first step ${time(connect.takesMs)} at ${connect.weight} %. `}
        Promotion: {promotionMs === null ? 'not known' : time(promotionMs)}.
      </p>
      {rounding !== undefined && <p class="faint">Steps: {rounding}.</p>}
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </>
  );
}

/** How long a release takes at the traffic of now. */
export function PlanSection({ path }: { readonly path: string }) {
  const [over, setOver] = useState('5m');
  return (
    <Asking<PlanPage>
      title="How long would it take?"
      intro="Counts the traffic of the time until now, and reckons how long each step needs for its evidence."
      button="Plan"
      choice={<Choice label="Counted over" value={over} options={OVER} onChange={setOver} />}
      path={`${path}/plan?over=${over}`}
      draw={(plan) => <Plan plan={plan} />}
    />
  );
}
