import { useEffect, useState } from 'preact/hooks';
import type { Manual } from '../api/manual.ts';
import type { Problem } from '../api/problem.ts';
import { Notice } from './parts/notice.tsx';
import { Inline } from './parts/reason.tsx';
import { Table } from './parts/table.tsx';
import { go, useLocation } from './route.ts';
import { Refused, read } from './server.ts';

function search(event: Event): void {
  const { value } = event.currentTarget as HTMLInputElement;
  go(value === '' ? '/manual' : `/manual?reason=${encodeURIComponent(value)}`, true);
}

/** What every reason means and what to do: troubleshooting, as it belongs to this version. */
export function ManualPage() {
  const { query } = useLocation();
  const [manual, setManual] = useState<Manual | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const wanted = query.get('reason') ?? '';
  useEffect(() => {
    read<Manual>('/api/v1/manual').then(setManual, (error: unknown) => {
      if (error instanceof Refused) setProblem(error.problem);
    });
  }, []);
  const found = manual?.reasons.filter(({ reason }) => reason.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <main>
      <h1>What a reason means</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Reason
          <input type="search" value={wanted} onInput={search} />
        </label>
      </form>
      {problem !== null && <Notice problem={problem} />}
      {found?.length === 0 && <p>This version knows no such reason.</p>}
      {found !== undefined && found.length > 0 && (
        <Table
          class="stacked"
          heads={['Reason', 'Severity', 'Shown by', 'What it means, and what to do']}
          rows={found.map(({ reason, severity, objects, help }) => (
            <tr key={reason}>
              <th scope="row">{reason}</th>
              <td>{severity}</td>
              <td>{objects.join(', ')}</td>
              <td>
                <Inline text={help} />
              </td>
            </tr>
          ))}
        />
      )}
    </main>
  );
}
