import { describe, expect, it } from 'vitest';
import { release, statusOf, template } from '../../test/fixtures/release.ts';
import type { Phase, Stage } from '../api/release/places.ts';
import type { ReleaseStatus } from '../api/release/release.ts';
import { desiredOf, goalKey, routeGoal } from './desired.ts';

type Row = [
  place: string,
  over: Partial<ReleaseStatus>,
  route: string | undefined,
  canary: string,
  deployment: string,
];

const text = (goal: { kind: string }): string =>
  Object.entries(goal)
    .filter(([key]) => key !== 'template')
    .map(([, value]): unknown => value)
    .join(' ');

const rows: Row[] = [
  ['Pending', {}, undefined, 'leave', 'leave'],
  ['Starting.Preparing', {}, 'whole', 'leave', 'leave'],
  ['Starting.Routing', {}, 'split:0', 'leave', 'leave'],
  ['Starting.Loading', {}, 'split:0', 'detached 2', 'leave'],
  ['Stepping.Scaling', { weight: 10 }, 'split:10', 'detached 2', 'leave'],
  ['Stepping.Shifting', { weight: 25 }, 'split:25', 'detached 2', 'leave'],
  ['Stepping.Analysing', { weight: 25 }, 'split:25', 'detached 2', 'leave'],
  ['Stepping.Recovering', { weight: 0 }, 'split:0', 'detached 2', 'leave'],
  ['Promoting.Sizing', { weight: 50 }, 'split:50', 'detached 2', 'leave'],
  ['Promoting.RestoringRoutes', { weight: 50 }, 'whole', 'detached 2', 'leave'],
  ['Promoting.HandingOver', { weight: 50 }, 'whole', 'handedOver', 'leave'],
  ['Promoting.Updating', { weight: 50 }, 'whole', 'leave', 'resumed canary'],
  ['Promoting.Updating', { next: template('v3') }, 'whole', 'leave', 'template any false'],
  ['Promoting.HandingOver', { weight: 100 }, 'split:100', 'handedOver', 'leave'],
  ['Promoting.Updating', { weight: 100 }, 'split:100', 'leave', 'resumed canary'],
  ['Promoting.Updating', { weight: 100, shared: true }, 'whole', 'leave', 'resumed canary'],
  ['Promoting.Unsplitting', { weight: 100 }, 'whole', 'leave', 'leave'],
  ['Promoting.CleaningUp', {}, 'cleared', 'leave', 'leave'],
  ['Promoting.RestoringNewerTemplate', { next: template('v3') }, 'cleared', 'leave', 'template canary true'],
  ['Aborting.Draining', {}, 'split:0', 'leave', 'leave'],
  ['Aborting.BypassingSubsets', {}, 'whole', 'leave', 'leave'],
  ['Aborting.Removing', {}, 'split:0', 'absent', 'leave'],
  ['Aborting.ReturningToStable', { weight: 100, handedOver: true }, 'whole', 'leave', 'template any false'],
  ['Aborting.ReturningToStable', { weight: 40, handedOver: true }, 'split:40', 'leave', 'template any false'],
  [
    'Aborting.ReturningToStable',
    { weight: 40, shared: true, handedOver: true },
    'whole',
    'leave',
    'template any false',
  ],
  ['Aborting.RestoringRoutes', {}, 'whole', 'absent', 'leave'],
  ['Aborting.CleaningUp', { outcome: 'Aborted' }, 'cleared', 'absent', 'leave'],
  [
    'Aborting.CleaningUp',
    { outcome: 'Cancelled', reason: 'TemplateReverted' },
    'cleared',
    'absent',
    'resumed stable',
  ],
  ['Aborting.CleaningUp', { outcome: 'Aborted', handedOver: true }, 'cleared', 'leave', 'leave'],
  [
    'Aborting.CleaningUp',
    { outcome: 'Superseded', handedOver: true, next: template('v3') },
    'cleared',
    'leave',
    'template stable true',
  ],
  ['Promoted', {}, undefined, 'leave', 'leave'],
  ['Aborted', {}, undefined, 'leave', 'leave'],
  ['Superseded', {}, undefined, 'leave', 'leave'],
  ['Cancelled', {}, undefined, 'leave', 'leave'],
];

function status(place: string, over: Partial<ReleaseStatus>): ReleaseStatus {
  const [phase = '', stage] = place.split('.');
  const at = { phase: phase as Phase, ...(stage === undefined ? {} : { stage: stage as Stage }) };
  return statusOf({ replicas: 2, ...at, ...over });
}

describe('desiredOf', () => {
  it.each(rows)('%s %o: route %s, canary %s, Deployment %s', (place, over, route, canary, deployment) => {
    const desired = desiredOf(release(), status(place, over));
    expect(goalKey(desired.route)).toBe(route);
    expect(text(desired.canary)).toBe(canary);
    expect(text(desired.deployment)).toBe(deployment);
  });

  it('writes the stable template back after an abort where the policy says so, over its own revision only', () => {
    const revert = release(undefined, {}, { onAbort: 'revert' });
    const clearing = (outcome: ReleaseStatus['outcome'] & string) =>
      desiredOf(revert, status('Aborting.CleaningUp', { outcome })).deployment;
    expect(clearing('Aborted')).toEqual({
      kind: 'template',
      template: template('v1'),
      replaces: 'canary',
      paused: false,
    });
    expect(clearing('Superseded')).toEqual({ kind: 'leave' });
    expect(clearing('Cancelled')).toEqual({ kind: 'leave' });
  });

  it('asks for no routes before there is a plan for them', () => {
    const { plan: _plan, ...planless } = status('Aborting.CleaningUp', {});
    expect(routeGoal(planless)).toBeNull();
  });
});
