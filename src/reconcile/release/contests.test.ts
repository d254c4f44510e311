import { describe, expect, it } from 'vitest';
import { release } from '../../../test/fixtures/release.ts';
import { createContests } from './contests.ts';

const RELEASE = release();

/** Somebody reverts the routes every second; returns when they were due again each time. */
function fight(times: number, longestMs = 5_000) {
  const contests = createContests();
  contests.reached(RELEASE, 'split:25');
  const pauses = Array.from({ length: times }, (_, index) => {
    const now = index * 1_000;
    const written = {
      kind: 'VirtualService',
      name: 'model',
      field: 'spec.http',
      version: String(index),
      by: 'flux',
    };
    return contests.differ(RELEASE, { goal: 'split:25', written, now, longestMs }) - now;
  });
  return { contests, pauses };
}

describe('routes that somebody changes back', () => {
  it('are written at once at first, and then less and less often', () => {
    expect(fight(7).pauses).toEqual([0, 0, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(fight(5, 1_000).pauses).toEqual([0, 0, 1_000, 1_000, 1_000]);
  });

  it('are contested from the third time on, until it has been quiet for a while', () => {
    expect(fight(2).contests.of(RELEASE, 2_000)).toBeNull();
    const { contests } = fight(3);
    expect(contests.of(RELEASE, 3_000)).toEqual({
      times: 3,
      written: { kind: 'VirtualService', name: 'model', field: 'spec.http', version: '2', by: 'flux' },
      quietAt: 33_000,
    });
    expect(contests.of(RELEASE, 33_000)).toBeNull();
  });

  it('count once per version, and not if they never matched the goal', () => {
    const { contests } = fight(3);
    const undone = {
      written: { kind: 'VirtualService', name: 'model', field: 'spec.http', version: '2' },
      now: 2_500,
      longestMs: 5_000,
    };
    expect(contests.differ(RELEASE, { ...undone, goal: 'split:25' })).toBe(3_000);
    expect(contests.of(RELEASE, 2_500)?.times).toBe(3);
    expect(contests.differ(RELEASE, { ...undone, goal: 'split:0' })).toBe(2_500);
  });

  it('keep no new weight from being written at once', () => {
    const { contests } = fight(6);
    const written = { kind: 'VirtualService', name: 'model', field: 'spec.http', version: '9' };
    expect(contests.differ(RELEASE, { goal: 'split:0', written, now: 6_000, longestMs: 1_000 })).toBe(6_000);
  });
});
