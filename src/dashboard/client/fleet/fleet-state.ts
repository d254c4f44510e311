import type { FleetChange, FleetRow, FleetSnapshot } from '../../api/fleet.ts';

/** All rows by key. */
export type Rows = ReadonlyMap<string, FleetRow>;

/** The rows of a snapshot. */
export function rowsOf({ rows }: Pick<FleetSnapshot, 'rows'>): Rows {
  return new Map(rows.map((row) => [row.key, row]));
}

/** The rows after a change. */
export function changed(before: Rows, { rows, gone }: FleetChange): Rows {
  const after = new Map(before);
  for (const key of gone) after.delete(key);
  for (const row of rows) after.set(row.key, row);
  return after;
}

/** What is shown, as it stands in the URL. */
export interface Filter {
  readonly text: string;
  readonly namespace: string;
  readonly team: string;
  readonly state: string;
  readonly sort: string;
}

/** The filter of a query. */
export function filterOf(query: URLSearchParams): Filter {
  const value = (name: string): string => query.get(name) ?? '';
  const [text, namespace, team] = [value('q'), value('ns'), value('team')];
  return { text, namespace, team, state: value('state'), sort: value('sort') };
}

/** The team of a Rollout, by its label `team` or `ANYTHING/team`; empty without one. */
export function teamOf({ labels }: FleetRow): string {
  const name = Object.keys(labels).find((one) => one === 'team' || one.endsWith('/team'));
  return name === undefined ? '' : (labels[name] ?? '');
}

/** How urgently a row needs a person: 0 is most. */
function urgency({ gate, severity, release }: FleetRow): number {
  if (gate !== null) return 0;
  if (severity === 'critical') return 1;
  if (severity === 'warning') return 2;
  return release === null ? 4 : 3;
}

const STATES: Readonly<Record<string, (row: FleetRow) => boolean>> = {
  waiting: ({ gate }) => gate !== null,
  trouble: ({ severity }) => severity !== 'info',
  releasing: ({ release }) => release !== null,
  idle: ({ release }) => release === null,
};

/** The names of the states to filter by. */
export const STATE_NAMES = Object.keys(STATES);

function matches(row: FleetRow, { text, namespace, team, state }: Filter): boolean {
  if (namespace !== '' && row.namespace !== namespace) return false;
  if (team !== '' && teamOf(row) !== team) return false;
  if (STATES[state]?.(row) === false) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const labels = Object.entries(row.labels).map(([name, value]) => `${name}=${value}`);
  const whole = [row.key, row.workload, row.place, row.summary, ...labels].join(' ').toLowerCase();
  return words.every((word) => whole.includes(word));
}

const SORTS: Readonly<Record<string, (a: FleetRow, b: FleetRow) => number>> = {
  name: () => 0,
  weight: (a, b) => (b.weight ?? -1) - (a.weight ?? -1),
  newest: (a, b) => ((a.since ?? '') < (b.since ?? '') ? 1 : -1),
};

/** The names of the orders; the first in the page is by urgency. */
export const SORT_NAMES = Object.keys(SORTS);

/** The rows to show, in order. What needs a person stands on top unless another order is chosen. */
export function shown(rows: Rows, filter: Filter): readonly FleetRow[] {
  const order = SORTS[filter.sort] ?? ((a: FleetRow, b: FleetRow) => urgency(a) - urgency(b));
  return [...rows.values()]
    .filter((row) => matches(row, filter))
    .toSorted((a, b) => order(a, b) || (a.key < b.key ? -1 : 1));
}
