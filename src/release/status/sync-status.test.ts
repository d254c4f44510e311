import { describe, expect, it } from 'vitest';
import {
  ago,
  deployment,
  PLAN,
  release,
  replicaSet,
  routesAre,
  seen,
  statusOf,
  template,
} from '../../../test/fixtures/release.ts';
import type { StageOf } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { RouteState } from '../../traffic/goal.ts';
import type { DecisionContext } from '../observed.ts';
import { syncStatus } from './sync-status.ts';

const stepping: Partial<ReleaseStatus> = { phase: 'Stepping', stage: 'Analysing', step: 2, weight: 50 };
const promoting = (stage: StageOf<'Promoting'>): Partial<ReleaseStatus> => ({
  ...stepping,
  phase: 'Promoting',
  stage,
});
const look = (status: Partial<ReleaseStatus>, over: Partial<DecisionContext> = {}): ReleaseStatus =>
  syncStatus(seen(over), statusOf(status));

const state = (one: RouteState): Partial<DecisionContext> => routesAre(one);
const held = (revision: string): Partial<DecisionContext> => ({
  deployment: deployment({ revision, template: template(revision) }),
});
const stable = (ready: number, ownerUid = 'u-deployment') =>
  replicaSet({ name: 'model-h1', ownerUid, ready });

describe('canary size', () => {
  it.each<[string, Partial<ReleaseStatus>, number, number, number]>([
    ['follows N up', stepping, 10, 1, 5],
    ['follows N down', { ...stepping, replicas: 5 }, 2, 1, 1],
    ['keeps what it has grown to for the handover, on its last step', { ...stepping, replicas: 3 }, 4, 3, 3],
    ['keeps no more than the handover needs', { ...stepping, replicas: 4 }, 4, 3, 3],
    ['keeps nothing for the handover before its last step', { ...stepping, step: 1, replicas: 3 }, 4, 3, 1],
    ['is raised to the surge for the handover', { ...promoting('Sizing'), step: 0 }, 10, 3, 3],
    ['is raised to no more than N', { ...promoting('RestoringRoutes'), step: 0 }, 2, 5, 2],
    ['stays during the handover', { ...promoting('HandingOver'), replicas: 4 }, 10, 3, 4],
    ['stays after the handover', { ...promoting('Updating'), replicas: 4 }, 10, 3, 4],
    ['stays at the end', { phase: 'Aborting', stage: 'Draining', replicas: 4 }, 10, 3, 4],
  ])('%s', (_what, status, replicas, surge, size) => {
    expect(look(status, { deployment: deployment({ replicas, surge }) }).replicas).toBe(size);
  });
});

describe('routes', () => {
  const known = { ...stepping, routeGoal: 'split:50', routeConfirmedAt: ago(60) };

  it('keep the time since which they match the goal', () => {
    expect(look(known).routeConfirmedAt).toBe(ago(60));
  });

  it.each<[string, Partial<ReleaseStatus>, Partial<DecisionContext>, string | undefined]>([
    ['restart with another goal', { ...known, weight: 25 }, {}, ago(0)],
    ['restart after drift', known, state({ kind: 'differs', part: 'routes', what: 'weights' }), undefined],
    [
      'are not confirmed while broken',
      known,
      state({ kind: 'broken', reason: 'RouteNotFound', message: 'm' }),
      undefined,
    ],
  ])('%s', (_what, status, over, confirmed) => {
    expect(look(status, over).routeConfirmedAt).toBe(confirmed);
  });
});

describe('a template that comes after the handover', () => {
  const updating = { ...promoting('Updating'), handedOver: true };

  it.each<[string, Partial<ReleaseStatus>, string, string | undefined]>([
    ['is kept', updating, 'v3', 'v3'],
    ['replaces an earlier one', { ...updating, next: template('v3') }, 'v4', 'v4'],
    ['stays while our own stands there', { ...updating, next: template('v3') }, 'v2', 'v3'],
    ['goes when stable is written back', { ...updating, next: template('v3') }, 'v1', undefined],
    [
      'is kept while retreating',
      { phase: 'Aborting', stage: 'ReturningToStable', handedOver: true },
      'v3',
      'v3',
    ],
    [
      'stays while retreating though stable stands there: that is our own write',
      { phase: 'Aborting', stage: 'ReturningToStable', handedOver: true, next: template('v3') },
      'v1',
      'v3',
    ],
    ['supersedes before the handover', promoting('RestoringRoutes'), 'v3', undefined],
  ])('%s', (_what, status, revision, next) => {
    expect(look(status, held(revision)).next).toEqual(next === undefined ? undefined : template(next));
  });
});

describe('the way back', () => {
  const retreating: Partial<ReleaseStatus> = {
    phase: 'Aborting',
    stage: 'ReturningToStable',
    handedOver: true,
  };

  it.each<[number, number, number, number, string]>([
    [4, 0, 4, 100, 'shared'],
    [4, 1, 4, 75, 'of its own'],
    [4, 1, 3, 75, 'shared'],
    [4, 3, 4, 25, 'of its own'],
    [4, 3, 2, 25, 'of its own'],
    [4, 3, 1, 25, 'shared'],
    [4, 2, 1, 34, 'shared'],
    [4, 4, 4, 0, 'of its own'],
    [4, 5, 1, 0, 'of its own'],
    [4, 2, 0, 0, 'of its own'],
    [4, 0, 0, 100, 'shared'],
    [3, 1, 2, 67, 'shared'],
    [3, 2, 1, 34, 'shared'],
    [3, 2, 3, 34, 'of its own'],
    [3, 3, 2, 0, 'of its own'],
    [3, 4, 1, 0, 'of its own'],
  ])(
    'where %i of 4 will do, with %i ready stable pods and %i canary pods keeps weight %i, %s',
    (needed, ready, canary, weight, how) => {
      const over = {
        deployment: deployment({ unavailable: 4 - needed }),
        stable: stable(ready),
        canary: replicaSet({ ready: canary, ownerUid: 'u-deployment' }),
      };
      const before: Partial<ReleaseStatus> = { ...retreating, shared: true };
      const after = look(before, over);
      expect([after.weight, after.shared === true ? 'shared' : 'of its own']).toEqual([weight, how]);
    },
  );

  it.each([
    [1, true],
    [2, undefined],
  ])(
    'shares while the way back is refused and the next step could take all %i stable pods',
    (ready, shared) => {
      const refusals = { deployment: { goal: 'template', why: 'no change before Monday' } };
      const canary = replicaSet({ ready: 4, ownerUid: 'u-deployment' });
      expect(look(retreating, { stable: stable(ready), canary, refusals }).shared).toBe(shared);
      expect(look(retreating, { stable: stable(ready), canary }).shared).toBeUndefined();
    },
  );

  it('leaves the choice to Kubernetes where the stable ReplicaSet is not there any more', () => {
    expect(look(retreating, { stable: null }).weight).toBe(100);
    expect(look(retreating, { stable: stable(3, 'somebody else') }).weight).toBe(100);
  });
});

describe('the plan', () => {
  const plan = { service: 'other', data: PLAN.data };

  it('is taken while Pending, and never later', () => {
    expect(look({ phase: 'Pending' }, { preflight: { plan } }).service).toBe('other');
    expect(look(stepping, { preflight: { plan } }).service).toBe('model');
    expect(release().status).toBeUndefined();
  });
});
