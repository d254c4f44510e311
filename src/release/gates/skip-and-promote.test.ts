import { describe, expect, it } from 'vitest';
import { ago, decideOn, metricState, release, replicaSet, seen } from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { Observation } from '../observed.ts';

const analysing: Partial<ReleaseStatus> = {
  phase: 'Stepping',
  stage: 'Analysing',
  step: 0,
  stepText: '1/3 (10 %)',
  weight: 10,
  replicas: 1,
  exposedAt: ago(30),
  routeGoal: 'split:10',
  routeConfirmedAt: ago(30),
};
const doubtful: Partial<ReleaseStatus> = {
  verdict: 'inconclusive',
  analysis: { windows: 1, metrics: [metricState('inconclusive')] },
};
const failing: Partial<ReleaseStatus> = {
  verdict: 'fail',
  analysis: { windows: 3, metrics: [metricState('fail', '12 % failed')] },
};
const alice = { by: 'alice', reason: 'measured by hand' };
const skip = { skips: [{ step: 0, ...alice }] };
const promote = { promote: alice };

const gate = (at: string[], quorum = 1) => ({ approval: { at, quorum } });
const yes = (who: string, of: string) => ({ gate: of, by: who, onBehalfOf: '' });

function decided(
  spec: object,
  policy: object = {},
  status: Partial<ReleaseStatus> = doubtful,
  over: Partial<Observation> = {},
): ReleaseStatus {
  return decideOn(seen({ release: release({ ...analysing, ...status }, spec, policy), ...over })).status;
}

const placeOf = ({ phase, stage, step }: ReleaseStatus): string => `${phase}.${stage} ${step}`;

describe('a skip', () => {
  it.each<[string, object, object, string, string | undefined]>([
    ['of this step', skip, {}, 'Stepping.Analysing 1', undefined],
    ['by the short form', { skipStep: 0 }, {}, 'Stepping.Analysing 1', undefined],
    ['of a later step', { skips: [{ step: 1 }] }, {}, 'Stepping.Analysing 0', undefined],
    ['counts as an approval of the gate behind', skip, gate(['25']), 'Stepping.Analysing 1', undefined],
    ['counts once', skip, gate(['25'], 2), 'Stepping.Analysing 0', '25'],
    ['opens no gate further on', skip, gate(['50']), 'Stepping.Analysing 1', undefined],
    [
      'counts with the approvals of others',
      { ...skip, approvals: [yes('bob', '25')] },
      gate(['25'], 2),
      'Stepping.Analysing 1',
      undefined,
    ],
    [
      'and an approval of one person are those of one',
      { ...skip, approvals: [yes('alice', '25')] },
      gate(['25'], 2),
      'Stepping.Analysing 0',
      '25',
    ],
    ['waits while the release is paused', { ...skip, paused: true }, {}, 'Stepping.Analysing 0', undefined],
  ])('%s', (_what, spec, policy, place, waitingFor) => {
    const status = decided(spec, policy);
    expect([placeOf(status), status.waitingFor]).toEqual([place, waitingFor]);
  });

  it('is written down: who, through what, when and why', () => {
    const status = decided(skip);
    expect(status.skips).toEqual([
      { step: 0, who: 'alice', via: 'kubernetes', reason: 'measured by hand', at: ago(0) },
    ]);
    const text = 'step 1/3 (10 %) skipped by alice through kubernetes: measured by hand';
    expect(status.messages?.[0]).toMatchObject({ severity: 'info', reason: 'StepSkipped', text });
    expect(status.trail).toContainEqual({
      phase: 'Stepping.Scaling',
      at: ago(0),
      reason: 'StepSkipped',
      weight: 10,
    });
  });

  it('is reported once, and one without a name too', () => {
    const first = decided({ skipStep: 0 });
    expect(first.messages?.[0]?.text).toBe('step 1/3 (10 %) skipped by somebody through kubernetes');
    const spec = { skipStep: 0, skips: [{ step: 0, by: 'alice' }] };
    const again = decided(spec, {}, { ...first, ...analysing }).messages ?? [];
    expect(again.filter(({ reason }) => reason === 'StepSkipped')).toHaveLength(1);
  });
});

describe('a full promotion', () => {
  it('leaves out every step and window that remains', () => {
    const status = decided(promote);
    expect(placeOf(status)).toBe('Promoting.RestoringRoutes 0');
    expect(status.promote).toEqual({
      who: 'alice',
      via: 'kubernetes',
      reason: 'measured by hand',
      at: ago(0),
    });
    expect(status.messages?.map(({ reason, text }) => `${reason} ${text}`)).toEqual([
      'FullPromotion full promotion by alice through kubernetes: measured by hand (steps and windows that remain are left out)',
      'PromotedInFull Promoting: from step 1/3 (10 %), without 25 %, 50 %: full promotion by alice through kubernetes: measured by hand',
    ]);
  });

  it('gives the canary traffic first, and asks for no window of it', () => {
    const starting = { phase: 'Starting', stage: 'Loading', step: 0, weight: 0 } as const;
    const first = decided(promote, {}, starting);
    expect([placeOf(first), first.weight]).toEqual(['Stepping.Analysing 0', 10]);
  });

  it.each<[string, object, object, string, string | undefined]>([
    [
      'counts as an approval of every gate',
      promote,
      gate(['25', 'promotion']),
      'Promoting.RestoringRoutes 0',
      undefined,
    ],
    ['counts once', promote, gate(['promotion'], 2), 'Stepping.Analysing 0', 'promotion'],
    ['leaves out no gate that others must open', promote, gate(['25'], 2), 'Stepping.Analysing 0', '25'],
    [
      'continues when they have',
      { ...promote, approvals: [yes('bob', '25')] },
      gate(['25'], 2),
      'Promoting.RestoringRoutes 0',
      undefined,
    ],
    [
      'waits while the release is paused',
      { ...promote, paused: true },
      {},
      'Stepping.Analysing 0',
      undefined,
    ],
  ])('%s', (_what, spec, policy, place, waitingFor) => {
    const status = decided(spec, policy);
    expect([placeOf(status), status.waitingFor]).toEqual([place, waitingFor]);
  });

  it('says at the end who promoted it', () => {
    const clearing = { phase: 'Promoting', stage: 'CleaningUp', handedOver: true } as const;
    const cleared = { routeGoal: 'cleared', routeConfirmedAt: ago(5) };
    const status = decided(
      promote,
      {},
      { ...clearing, ...cleared },
      {
        canary: replicaSet({ ownerUid: 'u-deployment' }),
      },
    );
    expect(status).toMatchObject({
      phase: 'Promoted',
      message: 'promoted in full by alice, and the update is complete',
    });
  });
});

describe('neither of them', () => {
  it.each<[string, object, Partial<ReleaseStatus>, Partial<Observation>, string]>([
    ['outlasts a failing verdict', promote, failing, {}, 'AnalysisFailed'],
    ['outlasts a failing verdict', skip, failing, {}, 'AnalysisFailed'],
    ['outlasts an abort', { ...promote, abort: { by: 'bob' } }, doubtful, {}, 'AbortRequested'],
    ['outlasts an abort', { ...skip, abort: { by: 'bob' } }, doubtful, {}, 'AbortRequested'],
    [
      'outlasts pods that die again and again',
      promote,
      doubtful,
      {
        pods: {
          restarts: { count: 9, text: 'it restarts' },
          evictions: { count: 0, text: '' },
          lapsed: null,
          hopeless: null,
          stuck: null,
        },
      },
      'CanaryCrashLoop',
    ],
    [
      'outlasts a verdict that fails while it is promoted',
      promote,
      { ...failing, phase: 'Promoting', stage: 'Sizing' },
      {},
      'AnalysisFailed',
    ],
  ])('%s: %o', (_what, spec, status, over, reason) => {
    expect(decided(spec, {}, status, over)).toMatchObject({ phase: 'Aborting', weight: 0, reason });
  });

  it('sends traffic to a canary of which no pod is ready', () => {
    const down = replicaSet({ ready: 0, available: 0 });
    for (const spec of [promote, skip]) expect(decided(spec, {}, doubtful, { canary: down }).weight).toBe(0);
  });
});
