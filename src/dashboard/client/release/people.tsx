import type { ActView, GateState, PeopleView } from '../../../view/release-view.ts';
import { Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';

const STATES: Readonly<Record<GateState['state'], string>> = {
  open: 'open',
  waits: 'waits for people',
  ahead: 'not reached yet',
};

const DEEDS: Readonly<Record<ActView['act'], string>> = {
  approved: 'approved',
  rejected: 'rejected',
  aborted: 'aborted the release',
  skipped: 'skipped',
  promoted: 'promoted in full',
  paused: 'paused it',
};

function Gate({ gate }: { readonly gate: GateState }) {
  const { name, quorum, approvedBy, state, from } = gate;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class={`tone-${state === 'open' ? 'good' : state === 'waits' ? 'doubt' : 'faint'}`}>
        {STATES[state]}
      </td>
      <td>
        {approvedBy.length} of {quorum}
        {approvedBy.length > 0 && `: ${approvedBy.join(', ')}`}
      </td>
      <td class="faint">{from.length === 0 ? 'who has the right' : from.join(', ')}</td>
    </tr>
  );
}

/** The gates with who has opened them, and what people did, with their reasons. */
export function People({ people, now }: { readonly people: PeopleView; readonly now: number }) {
  const { gate, gates, acts } = people;
  if (gates.length === 0 && acts.length === 0) return null;
  return (
    <section class="card">
      <h2>People</h2>
      {gate?.until !== undefined && (
        <p>
          Gate "{gate.name}" is decided without anybody at{' '}
          <time dateTime={gate.until}>{new Date(gate.until).toLocaleString()}</time>: {gate.onTimeout}.
        </p>
      )}
      {gates.length > 0 && (
        <Table
          heads={['Gate', 'State', 'Approvals', 'Who may']}
          rows={gates.map((one) => <Gate key={one.name} gate={one} />)}
        />
      )}
      {acts.length > 0 && (
        <ul class="plain">
          {acts.map(({ act, about, by, reason, at }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: acts are only ever added
            <li key={index}>
              <strong>{by ?? 'somebody'}</strong> {DEEDS[act]} {about ?? ''}
              {at !== undefined && (
                <span class="faint">
                  {' '}
                  <Ago at={at} now={now} /> ago
                </span>
              )}
              {reason !== undefined && <span>: {reason}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
