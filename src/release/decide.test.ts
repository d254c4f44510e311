import { describe, expect, it } from 'vitest';
import {
  ago,
  decideOn,
  deployment,
  NOW,
  PLAN,
  release,
  replicaSet,
  routesAre,
  seen,
  statusOf,
} from '../../test/fixtures/release.ts';
import { isPlace, PHASES, type Phase, STAGES, type Stage } from '../api/release/places.ts';
import { ReleaseStatus } from '../api/release/release.ts';
import type { DecisionContext } from './observed.ts';

const plan = { service: 'model', data: PLAN.data };

function decideFrom(
  status: Partial<ReleaseStatus> | undefined,
  over: Partial<DecisionContext> = {},
  spec: object = {},
  policy: object = {},
) {
  return decideOn(seen({ release: release(status, spec, policy), ...over }));
}

const stepping: Partial<ReleaseStatus> = {
  phase: 'Stepping',
  stage: 'Analysing',
  weight: 10,
  replicas: 1,
  exposedAt: ago(30),
  routeGoal: 'split:10',
  routeConfirmedAt: ago(30),
  deadline: ago(-100),
};

describe('moves', () => {
  it('takes all that has come true in one status', () => {
    const { status, notices } = decideFrom(undefined, { preflight: { plan } });
    expect([status.phase, status.stage, status.service]).toEqual(['Starting', 'Preparing', 'model']);
    expect(status.trail?.map(({ phase }) => phase)).toEqual(['Starting.Preparing']);
    expect(notices).toMatchObject([{ type: 'Normal', reason: 'PreflightPassed' }]);
  });

  it('goes from the last pod to the weight in one pass', () => {
    const { status } = decideFrom({ phase: 'Starting', stage: 'Loading', replicas: 1 });
    expect([status.phase, status.stage, status.weight, status.routeGoal]).toEqual([
      'Stepping',
      'Analysing',
      10,
      'split:10',
    ]);
  });

  it('ends a release that is superseded while Pending at once', () => {
    const { status, notices } = decideFrom(undefined, {
      canary: null,
      deployment: deployment({ revision: 'v3' }),
    });
    expect([status.phase, status.finishedAt]).toEqual(['Superseded', ago(0)]);
    expect(notices.map(({ reason }) => reason)).toEqual(['NewerRevision', 'Superseded']);
  });

  it('takes the weight away in the pass that sees the reason', () => {
    const { status, moved } = decideFrom(stepping, {}, { abort: { by: 'ana' } });
    expect([status.phase, status.stage, status.weight, status.outcome, moved]).toEqual([
      'Aborting',
      'Draining',
      0,
      'Aborted',
      true,
    ]);
  });

  it('says whether it has moved', () => {
    expect(decideFrom(stepping).moved).toBe(false);
    expect(decideFrom(stepping, { canary: replicaSet({ ready: 0, available: 0 }) }).moved).toBe(true);
  });

  it('never moves an ended release', () => {
    const ended = decideFrom({ phase: 'Aborted', reason: 'Why' }, { deployment: null }, { abort: {} });
    expect([ended.status.phase, ended.moved, ended.wakeAt, ended.notices]).toEqual([
      'Aborted',
      false,
      undefined,
      [],
    ]);
  });
});

describe('wakes', () => {
  it.each<[string, Partial<ReleaseStatus>, Partial<DecisionContext>, number | undefined]>([
    ['before preflight', { phase: 'Pending' }, {}, 1],
    [
      'with a problem',
      { phase: 'Pending' },
      { preflight: { problem: { reason: 'RouteNotFound', message: 'm' } } },
      10,
    ],
    [
      'routes settling',
      {
        phase: 'Starting',
        stage: 'Routing',
        routeGoal: 'split:0',
        routeConfirmedAt: ago(1),
        deadline: ago(-100),
      },
      {},
      1,
    ],
    ['pods loading', { phase: 'Starting', stage: 'Loading', deadline: ago(-100) }, { canary: null }, 100],
    ['a window to come', { ...stepping, routeConfirmedAt: ago(10) }, {}, 7.5],
    ['a window that is due', stepping, {}, 0],
    [
      'down',
      { ...stepping, stage: 'Recovering', weight: 0, unhealthySince: ago(5), routeGoal: 'split:0' },
      { canary: null },
      10,
    ],
    [
      'draining',
      {
        phase: 'Aborting',
        stage: 'Draining',
        outcome: 'Aborted',
        exposedAt: ago(60),
        routeGoal: 'split:0',
        routeConfirmedAt: ago(4),
      },
      {},
      6,
    ],
    ['removing', { phase: 'Aborting', stage: 'Removing', outcome: 'Aborted' }, {}, undefined],
  ])('%s', (_what, status, over, seconds) => {
    const { wakeAt } = decideFrom(status, over);
    expect(wakeAt === undefined ? undefined : (wakeAt - NOW) / 1_000).toBe(seconds);
  });

  it('never wakes for a deadline that has passed', () => {
    const late = { phase: 'Promoting', stage: 'Updating', deadline: ago(5), handedOver: true } as const;
    expect(
      decideFrom(late, routesAre({ kind: 'differs', part: 'routes', what: 'w' })).wakeAt,
    ).toBeUndefined();
  });
});

const progressing = (status: ReleaseStatus) => status.conditions?.find(({ type }) => type === 'Progressing');

describe('messages to a person', () => {
  it('says once what it waits for, and shows it for as long', () => {
    const paused = { ...stepping, analysis: { windows: 3, metrics: [] } };
    const first = decideFrom(paused, {}, { paused: true, skipStep: 1, metrics: [] });
    expect(progressing(first.status)?.status).toBe('True');
    const late = decideFrom({ ...stepping, deadline: ago(1) });
    expect(late.notices).toMatchObject([{ type: 'Warning', reason: 'StepOverdue' }]);
    expect(progressing(late.status)).toMatchObject({ status: 'False', reason: 'StepOverdue' });
    const again = decideOn(seen({ release: { ...release(), status: late.status } }));
    expect(again.notices).toEqual([]);
    expect(progressing(again.status)?.status).toBe('False');
  });

  it('removes it when the release continues', () => {
    const late = decideFrom({ ...stepping, deadline: ago(1) });
    const { deadline: _deadline, ...patient } = late.status;
    const after = decideOn(seen({ release: { ...release(), status: { ...patient, deadline: ago(-50) } } }));
    expect(progressing(after.status)).toMatchObject({ status: 'True', reason: 'Analysing' });
  });

  it('names the gate', () => {
    const pending = decideFrom(undefined, { preflight: { plan } }, {}, { approval: { at: ['start'] } });
    expect(pending.status.waitingFor).toBe('start');
    expect(pending.notices).toMatchObject([{ type: 'Normal', reason: 'WaitingForApproval' }]);
  });

  it('warns of an overdue promotion, which continues', () => {
    const { status } = decideFrom({
      phase: 'Promoting',
      stage: 'Updating',
      handedOver: true,
      deadline: ago(1),
    });
    expect([status.phase, status.reason]).toEqual(['Promoting', 'PromotionOverdue']);
  });

  it('ends with both conditions', () => {
    const done = decideFrom({ phase: 'Promoting', stage: 'CleaningUp', handedOver: true });
    expect(done.status.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'Progressing False',
      'Succeeded True',
    ]);
  });
});

describe('every place', () => {
  const known = PHASES.flatMap((phase): { phase: Phase; stage?: Stage }[] => {
    const stages: readonly Stage[] = STAGES[phase];
    return stages.length === 0 ? [{ phase }] : stages.map((stage) => ({ phase, stage }));
  });
  const worlds: Partial<DecisionContext>[] = [
    {},
    { deployment: null, canary: null, stable: null },
    { deployment: deployment({ paused: false, held: false, complete: true }) },
    { deployment: deployment({ revision: 'v1' }), canary: null },
    { deployment: deployment({ revision: 'v3' }), canary: replicaSet({ ownerUid: 'u-deployment' }) },
    routesAre({ kind: 'broken', reason: 'RouteNotFound', message: 'm' }),
    routesAre({ kind: 'differs', part: 'routes', what: 'w' }),
    { routes: null },
    { policyGone: { reason: 'RolloutDeleted', message: 'm' } },
    { now: NOW + 1e9 },
  ];

  it('is decided in every world, to a status that the API takes and that is the same after a restart', () => {
    for (const place of known) {
      for (const world of worlds) {
        const from = statusOf({ ...place, ...(place.phase === 'Aborting' ? { outcome: 'Aborted' } : {}) });
        const { status } = decideOn(seen({ release: { ...release(), status: from }, ...world }));
        expect(ReleaseStatus.parse(JSON.parse(JSON.stringify(status)))).toEqual(status);
        expect(isPlace(status.phase, status.stage)).toBe(true);
      }
    }
  });

  it('has weight only where traffic is analysed, and on the way back', () => {
    const weighted = known.filter((place) => {
      const from = statusOf({
        ...place,
        weight: 10,
        ...(place.phase === 'Aborting' ? { outcome: 'Aborted', weight: 0 } : {}),
      });
      const { status } = decideOn(
        seen({ release: { ...release(), status: from, spec: { ...release().spec, abort: {} } } }),
      );
      return status.weight > 0 && status.stage !== 'ReturningToStable' && status.phase !== 'Promoted';
    });
    // The update is complete there, or will be in this pass.
    expect(weighted.map(({ stage, phase }) => stage ?? phase)).toEqual([
      'Unsplitting',
      'RestoringNewerTemplate',
      'Aborted',
      'Superseded',
      'Cancelled',
    ]);
  });
});
