import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FleetChange, FleetRow, FleetSnapshot, Unseen } from '../../api/fleet.ts';
import { listen, useConnection, useNow } from '../live.ts';
import { Choice } from '../parts/choice.tsx';
import { Freshness, Notice } from '../parts/notice.tsx';
import { go, useLocation } from '../route.ts';
import {
  changed,
  filterOf,
  type Rows,
  rowsOf,
  SORT_NAMES,
  STATE_NAMES,
  shown,
  teamOf,
} from './fleet-state.ts';
import { FleetTable } from './fleet-table.tsx';

/** The rows that the person may see, kept up to date. */
function useFleet(namespaces: string) {
  const [rows, setRows] = useState<Rows | null>(null);
  const [unseen, setUnseen] = useState<readonly Unseen[]>([]);
  const { connection, handlers, onState, change } = useConnection();
  const version = useRef('');
  useEffect(() => {
    const query = new URLSearchParams(
      namespaces
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)
        .map((one) => ['namespace', one]),
    );
    const path = (): string => {
      query.set('from', version.current);
      return `/api/v1/fleet/stream?${query}`;
    };
    version.current = '';
    const mine = {
      snapshot: (data: unknown) => {
        const snapshot = data as FleetSnapshot;
        version.current = snapshot.version;
        setRows(rowsOf(snapshot));
        setUnseen(snapshot.unseen);
        change({ health: snapshot.health, ended: null });
      },
      change: (data: unknown) => setRows((before) => changed(before ?? new Map(), data as FleetChange)),
    };
    return listen(path, { ...handlers, ...mine }, onState);
  }, [namespaces]);
  return { rows, unseen, connection };
}

function setQuery(query: URLSearchParams, name: string, value: string): void {
  const next = new URLSearchParams(query);
  if (value === '') next.delete(name);
  else next.set(name, value);
  const text = next.toString();
  go(text === '' ? '/' : `/?${text}`, true);
}

/** The different values of the rows, in order, without the empty one. */
function valuesOf(rows: Rows | null, of: (row: FleetRow) => string): readonly string[] {
  const values = new Set([...(rows?.values() ?? [])].map((row) => of(row)));
  return [...values].filter((value) => value !== '').toSorted();
}

/** Every Rollout that the person may see; what needs somebody stands on top. */
export function FleetPage() {
  const { query } = useLocation();
  const now = useNow();
  const filter = filterOf(query);
  const { rows, unseen, connection } = useFleet(query.get('in') ?? '');
  const list = useMemo(() => shown(rows ?? new Map(), filter), [rows, query.toString()]);
  const namespaces = useMemo(() => valuesOf(rows, ({ namespace }) => namespace), [rows]);
  const teams = useMemo(() => valuesOf(rows, teamOf), [rows]);
  const choose = (name: string) => (value: string) => setQuery(query, name, value);
  const typed = (name: string) => (event: Event) =>
    choose(name)((event.currentTarget as HTMLInputElement).value);
  return (
    <main>
      <h1>Rollouts</h1>
      <Freshness connection={connection} now={now} />
      {unseen.map((one) => (
        <Notice key={one.namespace} problem={one} />
      ))}
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Search
          <input type="search" value={filter.text} onInput={typed('q')} />
        </label>
        {(unseen.length > 0 || query.has('in')) && (
          <label>
            Look in namespaces
            <input placeholder="models, search" value={query.get('in') ?? ''} onChange={typed('in')} />
          </label>
        )}
        <Choice
          label="Namespace"
          none="all"
          options={namespaces}
          value={filter.namespace}
          onChange={choose('ns')}
        />
        {(teams.length > 0 || filter.team !== '') && (
          <Choice label="Team" none="all" options={teams} value={filter.team} onChange={choose('team')} />
        )}
        <Choice
          label="State"
          none="all"
          options={STATE_NAMES}
          value={filter.state}
          onChange={choose('state')}
        />
        <Choice
          label="Order"
          none="who needs somebody first"
          options={SORT_NAMES}
          value={filter.sort}
          onChange={choose('sort')}
        />
      </form>
      {rows === null ? <p class="faint">Loading…</p> : <FleetTable rows={list} now={now} />}
    </main>
  );
}
