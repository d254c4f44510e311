import { describe, expect, it } from 'vitest';
import type { FleetRow } from '../../api/fleet.ts';
import { filterOf, rowsOf, shown, teamOf } from './fleet-state.ts';

function row(name: string, over: Partial<FleetRow> = {}): FleetRow {
  return {
    key: `${over.namespace ?? 'models'}/${name}`,
    namespace: 'models',
    name,
    workload: `Deployment ${name}`,
    release: null,
    phase: 'Idle',
    place: 'Idle',
    tone: 'faint',
    severity: 'info',
    step: null,
    weight: null,
    verdict: null,
    summary: '',
    gate: null,
    since: null,
    last: null,
    labels: {},
    ...over,
  };
}

const ROWS = rowsOf({
  rows: [
    row('a', { labels: { team: 'search' }, release: 'a-1', weight: 10 }),
    row('b', { labels: { 'example.com/team': 'ads', teamwork: 'search' }, severity: 'critical' }),
    row('c', { namespace: 'shop', gate: { name: 'start', given: 0, quorum: 1 }, release: 'c-1' }),
    row('d', { release: 'd-1', weight: 50 }),
  ],
});
const names = (query: string): string[] =>
  shown(ROWS, filterOf(new URLSearchParams(query))).map(({ name }) => name);

describe('the fleet', () => {
  it.each([
    ['', ['c', 'b', 'a', 'd']],
    ['sort=name', ['a', 'b', 'd', 'c']],
    ['sort=weight', ['d', 'a', 'b', 'c']],
    ['team=search', ['a']],
    ['team=ads', ['b']],
    ['team=nobody', []],
    ['ns=shop', ['c']],
    ['state=waiting', ['c']],
    ['state=trouble', ['b']],
    ['state=idle', ['b']],
    ['state=nonsense', ['c', 'b', 'a', 'd']],
    ['q=team%3Dsearch', ['a']],
    ['q=DEPLOYMENT+models%2Fd', ['d']],
    ['ns=models&state=releasing', ['a', 'd']],
  ])('of "%s" is %j, what needs a person first unless another order is chosen', (query, expected) => {
    expect(names(query)).toEqual(expected);
  });

  it('has a team by a label that ends in team', () => {
    expect([...ROWS.values()].map(teamOf)).toEqual(['search', 'ads', '', '']);
  });
});
