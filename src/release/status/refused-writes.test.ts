import { describe, expect, it } from 'vitest';
import { ago, release, replicaSet, routesAre, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { RouteState } from '../../traffic/goal.ts';
import type { DecisionContext } from '../observed.ts';
import { wait } from '../stages/progress.ts';
import { hindered, hindrance, isAtStake } from './refused-writes.ts';

const differs = (part: 'routes' | 'subsets' = 'routes'): Partial<DecisionContext> =>
  routesAre({ kind: 'differs', part, what: 'weights' });
const draining = { phase: 'Aborting', stage: 'Draining', exposedAt: ago(60) } as const;
const refused = { routes: { goal: 'split:0', why: 'exceeded quota' } };

describe('what hinders a release', () => {
  it('names the weight, the cause and the remedy', () => {
    const status = statusOf(draining);
    expect(hindrance(seen({ ...differs(), refusals: refused }), status)).toEqual({
      reason: 'RoutesRefused',
      message:
        'weight 0 cannot be written: exceeded quota; raise the quota, or free what uses it up (tried again each second; until then requests go where they go now)',
    });
  });

  it('is nothing if the routes match the goal, or another goal was refused', () => {
    const status = statusOf(draining);
    expect(hindrance(seen({ refusals: refused }), status)).toBeNull();
    const earlier = { routes: { goal: 'split:25', why: 'exceeded quota' } };
    expect(hindrance(seen({ ...differs(), refusals: earlier }), status)).toBeNull();
  });

  it('is what another process has said, until this one has tried', () => {
    const said = {
      type: 'Progressing',
      status: 'False',
      reason: 'RoutesRefused',
      message: 'weight 0 cannot be written: no',
      lastTransitionTime: ago(9),
    } as const;
    const status = statusOf({ ...draining, routeGoal: 'split:0', conditions: [said] });
    const known = seen({ ...differs(), release: release(status) });
    expect(hindrance(known, status)).toMatchObject({ message: said.message });
    const other = statusOf({ ...draining, routeGoal: 'split:25', conditions: [said] });
    expect(hindrance(seen({ ...differs(), release: release(other) }), other)).toBeNull();
  });

  it('keeps the gate of a wait that it is reported in place of', () => {
    const status = statusOf({ phase: 'Stepping', stage: 'Analysing', weight: 10 });
    const refusals = { routes: { goal: 'split:10', why: 'no' } };
    const waiting = { ...wait('WaitingForApproval', 'who?'), gate: '25' };
    expect(hindered(seen({ ...differs(), refusals }), status, waiting)).toMatchObject({
      reason: 'RoutesRefused',
      gate: '25',
    });
  });
});

describe('traffic', () => {
  const none = replicaSet({ pods: 0 });
  const starting = { phase: 'Starting', stage: 'Loading' } as const;
  it.each<[string, Partial<ReleaseStatus>, Partial<DecisionContext>, boolean]>([
    ['is at risk while a canary with traffic cannot be withdrawn', draining, differs(), true],
    ['and while the subsets of a split are missing', draining, differs('subsets'), true],
    ['or a canary with pods is in no split yet', starting, differs(), true],
    ['but not before it has pods', starting, { ...differs(), canary: none }, false],
    ['nor while the routes match the goal', draining, {}, false],
  ])('%s', (_what, status, over, expected) => {
    expect(isAtStake(seen(over), statusOf(status), 'routes')).toBe(expected);
  });

  it.each<[string, RouteState, boolean]>([
    [
      'is at risk while pods of a bad version get part of all requests',
      { kind: 'asDesired', open: true },
      true,
    ],
    ['or nothing can split the routes', { kind: 'broken', reason: 'RouteNotFound', message: 'x' }, true],
    ['but not where the routes keep requests from them', { kind: 'asDesired' }, false],
  ])('%s', (_what, state, expected) => {
    const status = statusOf({ ...draining, stage: 'Removing' });
    expect(isAtStake(seen(routesAre(state)), status, 'replicaSet')).toBe(expected);
  });

  it('is at risk while the Deployment is reverted to stable', () => {
    const status = statusOf({ phase: 'Aborting', stage: 'ReturningToStable', handedOver: true });
    expect(isAtStake(seen(), status, 'deployment')).toBe(true);
    expect(isAtStake(seen(), statusOf({ phase: 'Promoting', stage: 'Updating' }), 'deployment')).toBe(false);
  });
});
