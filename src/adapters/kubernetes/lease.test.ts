import { describe, expect, test } from 'vitest';
import { type CandidateView, decideLease, type LeaseSpec, microTime, releasedLease } from './lease.ts';

const held: LeaseSpec = {
  holderIdentity: 'other',
  leaseDurationSeconds: 15,
  leaseTransitions: 3,
  acquireTime: '2026-03-01T11:00:00.000000Z',
  renewTime: '2026-03-01T11:59:00.000000Z',
};
const WALL = Date.parse('2026-03-01T12:00:00.250Z');

function view(given: Partial<CandidateView>): CandidateView {
  return { identity: 'me', lease: {}, observed: null, now: 100_000, wallClock: WALL, ...given };
}

const seenAt = (lease: LeaseSpec, at: number) => ({ record: JSON.stringify(lease), at });

describe('a candidate', () => {
  test.each<[string, Partial<CandidateView>, 'hold' | 'wait']>([
    ['takes a lease that is not there', { lease: {} }, 'hold'],
    ['takes a lease that was given back', { lease: releasedLease(held, WALL) }, 'hold'],
    ['renews its own', { lease: { ...held, holderIdentity: 'me' } }, 'hold'],
    ['waits when it sees the record for the first time, however old it says it is', { lease: held }, 'wait'],
    ['waits while the record is fresh', { lease: held, observed: seenAt(held, 85_001) }, 'wait'],
    [
      'takes it when the record has not changed for its duration',
      { lease: held, observed: seenAt(held, 85_000) },
      'hold',
    ],
    [
      'waits when the record has changed, were it only the time in it',
      { lease: held, observed: seenAt({ ...held, renewTime: '2026-03-01T11:58:58.000000Z' }, 0) },
      'wait',
    ],
    [
      'takes the duration that the holder has set',
      {
        lease: { ...held, leaseDurationSeconds: 60 },
        observed: seenAt({ ...held, leaseDurationSeconds: 60 }, 50_000),
      },
      'wait',
    ],
    [
      'assumes 15 s where none is set',
      { lease: { holderIdentity: 'other' }, observed: seenAt({ holderIdentity: 'other' }, 84_999) },
      'hold',
    ],
  ])('%s', (_title, given, expected) => {
    expect(decideLease(view(given)).kind).toBe(expected);
  });

  test('remembers since when it has seen the record, and forgets when it changes', () => {
    const first = decideLease(view({ lease: held, now: 1_000 }));
    expect(first.observed.at).toBe(1_000);
    const again = decideLease(view({ lease: held, now: 4_000, observed: first.observed }));
    expect(again.observed.at).toBe(1_000);
    const renewed = { ...held, renewTime: microTime(WALL) };
    expect(decideLease(view({ lease: renewed, now: 5_000, observed: again.observed })).observed.at).toBe(
      5_000,
    );
  });

  test('counts a transition when it takes the lease, and keeps what others have written', () => {
    const lease = { ...held, preferredHolder: 'me' };
    const decision = decideLease(view({ lease, observed: seenAt(lease, 0) }));
    expect(decision).toMatchObject({
      spec: {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        leaseTransitions: 4,
        acquireTime: '2026-03-01T12:00:00.250000Z',
        renewTime: '2026-03-01T12:00:00.250000Z',
        preferredHolder: 'me',
      },
    });
  });

  test('keeps the transitions and the time of acquisition when it renews', () => {
    const decision = decideLease(view({ lease: { ...held, holderIdentity: 'me' } }));
    expect(decision).toMatchObject({
      spec: { leaseTransitions: 3, acquireTime: '2026-03-01T11:00:00.000000Z' },
    });
  });
});
