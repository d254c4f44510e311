import { describe, expect, it } from 'vitest';
import { ago, NOW, release, stepping } from '../../test/fixtures/cli.ts';
import { viewOf } from './view-of.ts';

const at = ['promotion', 'start', '25'];
const policy = { approval: { at, quorum: 2, from: { users: ['ann'], groups: ['leads'] } } };
const given = [
  { gate: 'start', by: 'ann', onBehalfOf: '' },
  { gate: 'start', by: 'bob', onBehalfOf: '', reason: 'fine' },
];

const people = (status: object, spec: object = {}) =>
  viewOf({ release: release({ ...stepping(), ...status }, { policy, ...spec }), now: NOW }).people;

describe('the gates of a policy', () => {
  it('stand in the order of the release, with who has opened them and who may', () => {
    const { gates } = people({ waitingFor: '25', waitingSince: ago(60) }, { approvals: given });
    expect(gates.map(({ name, state, approvedBy }) => [name, state, approvedBy])).toEqual([
      ['start', 'open', ['ann', 'bob']],
      ['25', 'waits', []],
      ['promotion', 'ahead', []],
    ]);
    expect(gates[0]).toMatchObject({ quorum: 2, from: ['ann', 'group leads'] });
  });

  it('are none without approvals in the policy', () => {
    expect(people({}, { policy: {} }).gates).toEqual([]);
  });
});

it('says when an approval was accepted, once it was', () => {
  const approvals = [{ gate: 'start', who: 'ann', via: 'kubernetes', at: ago(100) }];
  expect(people({ approvals }, { approvals: given }).acts).toEqual([
    { act: 'approved', about: 'start', by: 'ann', at: ago(100) },
    { act: 'approved', about: 'start', by: 'bob', reason: 'fine' },
  ]);
});
