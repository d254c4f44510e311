import { describe, expect, it } from 'vitest';
import { ago, metricState, NOW, release, statusOf } from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { advance, type MachineEvent, positionFromStatus } from '../machine.ts';
import { applyTransition, initialStatus } from './apply-transition.ts';

const policy = { deadlines: { start: '1m', step: '2m', promotion: '3m' } };

function after(
  status: ReleaseStatus,
  event: MachineEvent,
  why = { reason: 'AbortRequested' as const, message: 'of this' },
) {
  const to = advance(positionFromStatus(status, 3), event);
  return applyTransition(release(undefined, {}, policy), status, to, { now: NOW, ...why });
}

const proceed: MachineEvent = { type: 'proceed' };
const abandon: MachineEvent = { type: 'abandon', outcome: 'Aborted', handedOver: false };

describe('enter', () => {
  it('begins at the beginning', () => {
    expect(initialStatus(release())).toEqual({
      machineVersion: 3,
      phase: 'Pending',
      step: 0,
      stepText: 'start',
      weight: 0,
      replicas: 0,
    });
  });

  it.each<[string, Partial<ReleaseStatus>, MachineEvent, string | undefined]>([
    ['the start', { phase: 'Pending' }, proceed, ago(-60)],
    ['loading', { phase: 'Starting', stage: 'Routing', deadline: ago(-5) }, proceed, ago(-5)],
    ['the first step', { phase: 'Starting', stage: 'Loading', deadline: ago(-5) }, proceed, ago(-120)],
    ['within a step', { phase: 'Stepping', stage: 'Scaling', deadline: ago(-5) }, proceed, ago(-5)],
    ['the next step', { phase: 'Stepping', stage: 'Analysing', deadline: ago(-5) }, proceed, ago(-120)],
    ['a fall', { phase: 'Stepping', stage: 'Shifting', deadline: ago(-5) }, { type: 'unhealthy' }, ago(-5)],
    [
      'a recovery',
      { phase: 'Stepping', stage: 'Recovering', deadline: ago(-5) },
      { type: 'recovered' },
      ago(-5),
    ],
    [
      'the promotion',
      { phase: 'Stepping', stage: 'Analysing', step: 2, deadline: ago(-5) },
      proceed,
      ago(-180),
    ],
    ['an abort', { phase: 'Stepping', stage: 'Analysing', deadline: ago(-5) }, abandon, undefined],
  ])('sets the deadline of %s', (_what, status, event, deadline) => {
    expect(after(statusOf(status), event).deadline).toBe(deadline);
  });

  it.each<[Partial<ReleaseStatus>, MachineEvent, number]>([
    [{ phase: 'Stepping', stage: 'Scaling', weight: 10, step: 1 }, proceed, 25],
    [{ phase: 'Stepping', stage: 'Shifting', weight: 25, step: 1 }, proceed, 25],
    [{ phase: 'Stepping', stage: 'Analysing', weight: 25, step: 1 }, proceed, 25],
    [{ phase: 'Stepping', stage: 'Analysing', weight: 25, step: 1 }, { type: 'unhealthy' }, 0],
    [{ phase: 'Stepping', stage: 'Analysing', weight: 25, step: 1 }, abandon, 0],
    [{ phase: 'Promoting', stage: 'Sizing', weight: 50, step: 2 }, abandon, 0],
    [{ phase: 'Promoting', stage: 'Updating', weight: 50, step: 2 }, abandon, 100],
    [{ phase: 'Promoting', stage: 'CleaningUp', weight: 50, step: 2 }, proceed, 100],
    [{ phase: 'Stepping', stage: 'Recovering', weight: 0, step: 1 }, { type: 'recovered' }, 0],
  ])('after %o and %o the weight is %i', (status, event, weight) => {
    expect(after(statusOf(status), event).weight).toBe(weight);
  });

  it('notes when the canary first gets traffic, once', () => {
    const first = after(statusOf({ phase: 'Stepping', stage: 'Scaling' }), proceed);
    expect(first.exposedAt).toBe(ago(0));
    const again = after(statusOf({ phase: 'Stepping', stage: 'Scaling', exposedAt: ago(60) }), proceed);
    expect(again.exposedAt).toBe(ago(60));
  });

  it('gives a little weight while it connects, which is its first traffic, and no window to it', () => {
    const connect = { weight: 3, for: '10s' };
    const spec = release(undefined, {}, { ...policy, canary: { connect } });
    const analysis = { from: ago(30), windows: 9, metrics: [metricState('pass')] };
    const from = statusOf({ phase: 'Stepping', stage: 'Scaling', deadline: ago(-5), analysis });
    const to = advance(positionFromStatus(from, 3), { type: 'connect' });
    const why = { now: NOW, reason: 'AbortRequested' as const, message: 'of this' };
    const connecting = applyTransition(spec, from, to, why);
    expect(connecting).toMatchObject({
      stage: 'Connecting',
      weight: 3,
      exposedAt: ago(0),
      deadline: ago(-5),
    });
    const later = { ...why, now: NOW + 9_000 };
    const shifting = applyTransition(
      spec,
      connecting,
      advance(positionFromStatus(connecting, 3), proceed),
      later,
    );
    expect(shifting).toMatchObject({ stage: 'Shifting', weight: 10, exposedAt: ago(0) });
    const fallen = applyTransition(
      spec,
      connecting,
      advance(positionFromStatus(connecting, 3), { type: 'unhealthy' }),
      later,
    );
    expect(fallen).toMatchObject({ stage: 'Recovering', weight: 0, exposedAt: ago(0) });
  });

  it('begins the counts of a step again, and continues from no old window', () => {
    const analysis = { from: ago(30), windows: 9, metrics: [metricState('pass')] };
    const { analysis: fresh } = after(statusOf({ phase: 'Stepping', stage: 'Shifting', analysis }), proceed);
    expect(fresh?.from).toBeUndefined();
    expect([fresh?.windows, fresh?.metrics[0]?.windows, fresh?.metrics[0]?.canary.events]).toEqual([0, 0, 0]);
  });

  it('forgets routes that it has not touched', () => {
    const ended = after(statusOf({ phase: 'Pending' }), abandon);
    expect([ended.phase, ended.stage, ended.plan, ended.service]).toEqual([
      'Aborting',
      'CleaningUp',
      undefined,
      undefined,
    ]);
    expect(after(statusOf({ phase: 'Starting', stage: 'Routing' }), abandon).plan).toBeDefined();
  });

  it('keeps the reason of an abort to its end, and the last forty passages', () => {
    const trail = Array.from({ length: 40 }, () => ({ phase: 'Pending', at: ago(1), reason: 'Old' }));
    const before = statusOf({ phase: 'Aborting', stage: 'Draining', reason: 'AnalysisFailed', trail });
    const ended = after(before, proceed);
    expect([ended.reason, ended.trail?.length, ended.trail?.at(-1)?.phase]).toEqual([
      'AnalysisFailed',
      40,
      'Aborting.Removing',
    ]);
  });

  it.each<[string, Partial<ReleaseStatus>, MachineEvent, string]>([
    ['a start', { phase: 'Pending' }, proceed, 'start'],
    ['a first step', { phase: 'Starting', stage: 'Loading' }, proceed, '1/3 (10 %)'],
    ['a promotion', { phase: 'Stepping', stage: 'Analysing', step: 2 }, proceed, 'promotion'],
    ['an abort, by where it was', { phase: 'Stepping', stage: 'Analysing', step: 1 }, abandon, '2/3 (25 %)'],
  ])('names %s among the steps', (_what, from, event, expected) => {
    expect(after(statusOf({ stepText: '2/3 (25 %)', ...from }), event).stepText).toBe(expected);
  });

  it('says no more than the API takes', () => {
    const why = { reason: 'AbortRequested', message: 'x'.repeat(5_000) } as const;
    const { message } = after(statusOf({ phase: 'Pending' }), proceed, why);
    expect(message?.length).toBe(2_048);
  });
});
