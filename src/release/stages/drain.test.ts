import { describe, expect, it } from 'vitest';
import {
  ago,
  decideOn,
  deployment,
  NOW,
  release,
  replicaSet,
  seen,
  statusOf,
} from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { ResidualTraffic } from '../canary/residual-traffic.ts';
import type { Observation } from '../observed.ts';
import { drained, drainWindow } from './drain.ts';

/** drain 10s, settle 2s, windows of 10s: a check after 12.5s at the earliest; without data 30s; 5m at the latest. */
const unknown: ResidualTraffic = { kind: 'unknown', why: 'nobody knows' };
const moves = (requests: number, seconds = 10.5): ResidualTraffic => ({
  kind: 'moves',
  requests,
  from: NOW - seconds * 1_000,
  to: NOW - 500,
});

function wordOf(
  over: Partial<Observation>,
  seconds: number,
  policy: object = {},
  status: Partial<ReleaseStatus> = {},
): string {
  const found = drained(
    seen({ release: release(undefined, {}, policy), ...over }),
    statusOf(status),
    ago(seconds),
  );
  if (found.kind === 'event') return `${found.event.type} ${found.reason}`;
  return `wait ${found.reason} +${((found.until ?? 0) - NOW) / 1_000}`;
}

describe('drained', () => {
  it.each<[string, number, Partial<Observation>, string, object?]>([
    ['too early', 4, {}, 'wait Draining +6'],
    ['too early, though the count does not grow', 4, { residual: { kind: 'still' } }, 'wait Draining +6'],
    ['no window yet', 10, {}, 'wait Draining +2.5'],
    ['not asked yet', 13, {}, 'wait Draining +1'],
    ['does not grow', 13, { residual: { kind: 'still' } }, 'proceed Drained'],
    ['not known', 13, { residual: unknown }, 'wait Draining +1'],
    ['not known for three times the drain', 30, { residual: unknown }, 'proceed DrainUnseen'],
    ['not asked for as long', 30, {}, 'wait Draining +2.5'],
    ['not answered for as long', 30, { residual: { kind: 'unanswered' } }, 'wait Draining +1'],
    ['not answered for longer', 31, { residual: { kind: 'unanswered' } }, 'proceed DrainUnseen'],
    ['not known, a long drain', 85, { residual: unknown }, 'wait Draining +3.125', { drain: '1m' }],
    ['not known, a long drain is over', 90, { residual: unknown }, 'proceed DrainUnseen', { drain: '1m' }],
    ['what came may have come before', 13, { residual: moves(50) }, 'wait Draining +1'],
    ['gets requests', 23, { residual: moves(50) }, 'wait DrainWaiting +1.625'],
    ['gets requests for long', 200, { residual: moves(50) }, 'wait DrainWaiting +10'],
    ['gets requests for too long', 300, { residual: moves(50) }, 'proceed DrainDeadline'],
    ['gets what probes and scrapes are', 23, { residual: moves(3) }, 'wait Draining +1.625'],
    ['gets that for three times the drain', 30, { residual: moves(3) }, 'proceed DrainUnseen'],
    ['has no ready pod', 10, { canary: replicaSet({ ready: 0 }) }, 'proceed Drained'],
    ['has no pod', 10, { canary: null }, 'proceed Drained'],
    ['has no Deployment', 10, { deployment: null }, 'proceed Drained'],
    ['has a pod that is terminating', 10, { deployment: deployment({ deleting: true }) }, 'proceed Drained'],
    ['nobody is to look', 10, {}, 'proceed Drained', { deadlines: { drain: '10s' } }],
    ['a deadline before any window', 12, {}, 'proceed DrainDeadline', { deadlines: { drain: '12s' } }],
    [
      'a window that is longer than the drain',
      61,
      {},
      'wait Draining +1.5',
      { analysis: { templates: [{ name: 'errors' }], interval: '5m' } },
    ],
  ])('%s', (_what, seconds, over, expected, policy) => {
    expect(wordOf(over, seconds, policy)).toBe(expected);
  });
});

const draining = (seconds: number): ReleaseStatus =>
  statusOf({
    phase: 'Aborting',
    stage: 'Draining',
    outcome: 'Aborted',
    reason: 'AnalysisFailed',
    message: 'too many errors',
    exposedAt: ago(60),
    routeGoal: 'split:0',
    routeConfirmedAt: ago(seconds),
  });

const heals = (abort: number, first: number): Partial<ReleaseStatus> => ({
  stageStartedAt: ago(abort),
  withdrawnAt: ago(first),
});

describe('the deadline', () => {
  it.each<[string, number, Partial<ReleaseStatus>, Partial<Observation>, string]>([
    ['counts from the abort', 23, heals(300, 299), { residual: moves(50) }, 'proceed DrainDeadline'],
    ['is not moved by a change', 23, heals(280, 279), { residual: moves(50) }, 'wait DrainWaiting +1.625'],
    ['leaves time for answers', 4, heals(301, 299), {}, 'wait Draining +6'],
    ['ends though the routes change again and again', 1, heals(310, 309), {}, 'proceed DrainDeadline'],
    ['and not before', 1, heals(309, 308), {}, 'wait Draining +1'],
    ['leaves as long where they could not be written before', 4, heals(600, 4), {}, 'wait Draining +6'],
  ])('%s', (_what, seconds, status, over, expected) => {
    expect(wordOf(over, seconds, {}, status)).toBe(expected);
  });
});

describe('what the canary got before its first weight', () => {
  const baseline = { requests: 100, seconds: 10, pods: 1 };

  it.each<[string, number, ResidualTraffic, string]>([
    ['ends the drain', 13, moves(150), 'proceed Drained'],
    ['is no measure for more', 23, moves(160), 'wait DrainWaiting +1.625'],
    ['is not waited for longer', 10, moves(100), 'wait Draining +2.5'],
  ])('%s', (_what, seconds, residual, expected) => {
    expect(wordOf({ residual }, seconds, {}, { baseline })).toBe(expected);
  });
});

describe('what was seen before', () => {
  const conditions = [
    {
      type: 'Progressing',
      status: 'False',
      reason: 'DrainWaiting',
      message: 'm',
      lastTransitionTime: ago(5),
    },
  ] as const;

  it.each<[string, number, ResidualTraffic, string]>([
    ['holds while nobody can tell', 60, unknown, 'wait Draining +6.25'],
    ['holds while no answer comes', 60, { kind: 'unanswered' }, 'wait Draining +6.25'],
    ['holds until the deadline', 300, unknown, 'proceed DrainDeadline'],
    ['is over when the count does not grow', 60, { kind: 'still' }, 'proceed Drained'],
    ['is over when it gets probes only', 60, moves(2), 'proceed DrainUnseen'],
  ])('%s', (_what, seconds, residual, expected) => {
    expect(wordOf({ residual }, seconds, {}, { conditions: [...conditions] })).toBe(expected);
  });
});

describe('drainWindow', () => {
  it.each<[string, ReleaseStatus, Partial<Observation>, number | null]>([
    ['is not asked too early', draining(12), {}, null],
    ['lies after weight 0', draining(12.5), {}, -10.5],
    ['ends with the deadline', draining(300), {}, null],
    ['needs ready pods', draining(13), { canary: replicaSet({ ready: 0 }) }, null],
    ['is of a drain only', { ...draining(13), stage: 'Removing' }, {}, null],
    ['needs routes', { ...draining(13), stage: 'BypassingSubsets' }, {}, null],
  ])('%s', (_what, status, over, start) => {
    const window = drainWindow(seen({ release: release(), ...over }), status);
    expect(window === null ? null : (window.start - NOW) / 1_000).toBe(start);
    expect(window === null ? 10_000 : window.end - window.start).toBe(10_000);
  });
});

const progressing = (status: ReleaseStatus) => status.conditions?.find(({ type }) => type === 'Progressing');

const pass = (status: ReleaseStatus, residual: ResidualTraffic) =>
  decideOn(seen({ release: { ...release(), status }, residual }));

describe('messages about proxies that do not follow', () => {
  it('is a warning, once, and beside the reason of the abort', () => {
    const first = pass(draining(23), moves(50));
    expect(first.status).toMatchObject({ reason: 'AnalysisFailed', weight: 0, stage: 'Draining' });
    expect(first.notices).toMatchObject([{ type: 'Warning', reason: 'DrainWaiting' }]);
    expect(first.notices[0]?.note).toContain('(50 in 10 s): is their control plane (istiod) up?');
    expect(progressing(first.status)).toMatchObject({ status: 'False', reason: 'DrainWaiting' });
    const again = pass(first.status, moves(40));
    expect(again.notices).toEqual([]);
    const over = pass(again.status, { kind: 'still' });
    expect([over.status.stage, over.moved]).toEqual(['Removing', true]);
    expect(progressing(over.status)).toMatchObject({ status: 'True', reason: 'AnalysisFailed' });
  });

  it('is reported again when the pods go all the same', () => {
    const { status, notices } = pass(draining(300), moves(50));
    expect(status.stage).toBe('Removing');
    expect(notices).toMatchObject([{ type: 'Warning', reason: 'DrainDeadline' }]);
  });
});
