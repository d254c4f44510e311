import { describe, expect, it } from 'vitest';
import { statusOf } from '../../../test/fixtures/release.ts';
import { isPlace, type Stage } from '../../api/release/places.ts';
import { withCurrentNames } from './stage-names.ts';

describe('a status of version 1 of the machine', () => {
  it.each([
    ['Promoting', 'Rejoining', 'RestoringRoutes'],
    ['Promoting', 'Clearing', 'CleaningUp'],
    ['Promoting', 'Yielding', 'RestoringNewerTemplate'],
    ['Aborting', 'Opening', 'BypassingSubsets'],
    ['Aborting', 'Retreating', 'ReturningToStable'],
    ['Aborting', 'Draining', 'Draining'],
  ] as const)('%s.%s is read as %s', (phase, stage, now) => {
    const read = withCurrentNames(statusOf({ phase, stage: stage as Stage, machineVersion: 1 }));
    expect(read).toMatchObject({ stage: now, machineVersion: 2 });
    expect(isPlace(read.phase, read.stage)).toBe(true);
  });

  it('has its trail read, too', () => {
    const passage = { at: '2026-11-24T12:00:00.000000Z', reason: 'HoldLifted' };
    const trail = [{ ...passage, phase: 'Aborting.Opening' }];
    const read = withCurrentNames(
      statusOf({ phase: 'Aborting', stage: 'Draining', machineVersion: 1, trail }),
    );
    expect(read.trail).toEqual([{ ...passage, phase: 'Aborting.BypassingSubsets' }]);
  });

  it('of this version stays as it is', () => {
    const status = statusOf({ phase: 'Aborting', stage: 'Draining' });
    expect(withCurrentNames(status)).toBe(status);
  });
});
