import { describe, expect, it } from 'vitest';
import { deployment, NOW, replicaSet, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { Phase, Stage } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { Observation } from '../observed.ts';
import { hasDeparted } from './departed.ts';
import { progressOf } from './stages.ts';

const updated = { paused: false, held: false, complete: true };

const rows: [place: string, over: Partial<Observation>, then: string][] = [
  ['Aborting.Removing', { canary: replicaSet({ replicas: 0, pods: 0 }) }, 'CanaryRemoved'],
  ['Aborting.ReturningToStable', { deployment: deployment({ ...updated, revision: 'v1' }) }, 'Retreated'],
  ['Promoting.Updating', { deployment: deployment(updated) }, 'UpdateComplete'],
];

/** With all traffic at the canary. */
function at(place: string, weight = 100): ReleaseStatus {
  const [phase, stage] = place.split('.') as [Phase, Stage];
  return statusOf({ phase, stage, weight });
}

const progress = (place: string, over: Partial<Observation>): string =>
  progressOf(seen(over), at(place)).reason;

describe('pods that have left', () => {
  it.each(rows)('are waited for until no proxy can know them: %s', (place, over, then) => {
    expect(hasDeparted(seen(over), at(place))).toBe(true);
    expect(progress(place, over)).toBe('RoutesSettling');
    expect(progress(place, { ...over, departedAt: NOW - 1_999 })).toBe('RoutesSettling');
    expect(progress(place, { ...over, departedAt: NOW - 2_000 })).toBe(then);
  });

  it('matter only where the routes have kept requests from them', () => {
    expect(hasDeparted(seen({ deployment: deployment(updated) }), at('Promoting.Updating', 50))).toBe(false);
    expect(hasDeparted(seen({}), at('Stepping.Analysing'))).toBe(false);
  });
});
