import { describe, expect, it } from 'vitest';
import { ago, decideOn, metricState, NOW, release, seen, statusOf } from '../../../test/fixtures/release.ts';
import { expiry } from '../stages/abort-rules.ts';
import type { Progress } from '../stages/progress.ts';
import { gated, proceed } from '../stages/progress.ts';

const go = (): Progress => proceed('CanaryReady', 'it is open');
const GATE = { at: ['50', 'promotion'] };

function waiting(approval: object, approvals: object[], waitingSince?: string): Progress {
  const one = release({ phase: 'Stepping' }, { approvals }, { approval });
  return gated(
    seen({ release: one }),
    statusOf({ phase: 'Stepping', ...(waitingSince && { waitingSince }) }),
    '50',
    go,
  );
}

const by = (who: string, gate = '50'): object => ({ gate, by: who, onBehalfOf: '' });
const slack = (who: string): object => ({ gate: '50', by: 'controller', onBehalfOf: who, via: 'slack' });

describe('a gate', () => {
  it.each<[string, object, object[], string]>([
    ['that nobody is asked at', { at: ['promotion'] }, [], 'CanaryReady'],
    ['that nobody has approved', GATE, [], 'WaitingForApproval'],
    ['that somebody has approved', GATE, [by('alice')], 'CanaryReady'],
    ['of which another was approved', GATE, [by('alice', 'promotion')], 'WaitingForApproval'],
    ['with a quorum of 2 and one yes', { ...GATE, quorum: 2 }, [by('alice')], 'WaitingForApproval'],
    ['with two people', { ...GATE, quorum: 2 }, [by('alice'), by('bob')], 'CanaryReady'],
    ['with two in Slack', { ...GATE, quorum: 2 }, [slack('U1 Ada'), slack('U2 Bo')], 'CanaryReady'],
    [
      'with a person who approves twice',
      { ...GATE, quorum: 2 },
      [slack('U1 Ada'), slack('U1 Ada')],
      'WaitingForApproval',
    ],
  ])('%s', (_case, approval, approvals, reason) => {
    expect(waiting(approval, approvals).reason).toBe(reason);
  });

  it('says how many have approved, and when the wait ends', () => {
    const found = waiting({ ...GATE, quorum: 2, timeout: '1h', onTimeout: 'abort' }, [by('alice')], ago(60));
    expect(found).toMatchObject({ until: NOW + 59 * 60_000, gate: '50' });
    expect(found.message).toBe(
      'waits for approval of "50", 1 of 2 given (by alice); rolled back at 2026-11-24T12:59:00Z: sluice approve release/model-h2 --gate 50, or add {gate: "50"} to spec.approvals',
    );
  });

  it.each<[string, string | null]>([
    ['abort', 'ApprovalTimeout'],
    ['hold', null],
  ])('that has waited too long, with onTimeout %s', (onTimeout, reason) => {
    const approval = { ...GATE, timeout: '10m', onTimeout };
    const late = waiting(approval, [], ago(600));
    expect(late).toMatchObject({ reason: 'ApprovalOverdue', gate: '50' });
    expect(late.message).toContain('nobody has decided within 10m (approval.timeout)');
    const status = statusOf({ phase: 'Stepping', waitingSince: ago(600) });
    const ending = expiry(seen({ release: release({}, {}, { approval }) }), status, late);
    expect(ending?.reason ?? null).toBe(reason);
  });
});

const analysing = {
  phase: 'Stepping',
  stage: 'Analysing',
  step: 0,
  weight: 10,
  routeGoal: 'split:10',
  routeConfirmedAt: ago(60),
} as const;
const passed = { verdict: 'pass', analysis: { windows: 3, metrics: [metricState('pass')] } } as const;
const failing = {
  verdict: 'fail',
  analysis: { windows: 3, metrics: [metricState('fail', '12 % failed')] },
} as const;
const policy = { approval: { at: ['25'], slack: { channel: '#ml' } } };
const decided = (status: object, spec: object = {}) =>
  decideOn(seen({ release: release({ ...analysing, ...status }, spec, policy) }));

describe('a release at a gate', () => {
  it('waits, and notes since when', () => {
    const { status } = decided(passed);
    expect(status).toMatchObject({ waitingFor: '25', waitingSince: ago(0), reason: 'WaitingForApproval' });
    expect(status.messages).toMatchObject([{ seq: 1, severity: 'warning', reason: 'WaitingForApproval' }]);
  });

  it('asks once, though the verdict wavers meanwhile', () => {
    const { status } = decided(passed);
    const wavering = {
      verdict: 'inconclusive',
      analysis: { windows: 3, metrics: [metricState('inconclusive')] },
    };
    const between = decided({ ...status, ...wavering, reason: 'Analysing' }).status;
    expect(between).toMatchObject({ waitingSince: ago(0) });
    expect(between.waitingFor).toBeUndefined();
    expect(decided({ ...between, ...passed }).status.messages).toHaveLength(1);
  });

  it('continues with an approval, and writes down who gave it, through what, when and why', () => {
    const approvals = [{ gate: '25', by: 'c', onBehalfOf: 'U1 Ada', via: 'slack', reason: 'looks well' }];
    const { status } = decided(passed, { approvals });
    expect(status).toMatchObject({ step: 1, stage: 'Analysing', weight: 25 });
    expect(status.approvals).toEqual([
      { gate: '25', who: 'U1 Ada', via: 'slack', reason: 'looks well', at: ago(0) },
    ]);
    expect(status.messages?.[0]?.text).toBe('"25" was approved by U1 Ada through slack: looks well');
    expect(status.waitingSince).toBeUndefined();
  });

  it('is rolled back by a failing verdict, though everybody has approved', () => {
    const { status } = decided(failing, { approvals: [by('alice', '25'), by('bob', '25')] });
    expect(status).toMatchObject({ phase: 'Aborting', reason: 'AnalysisFailed', weight: 0 });
    expect(status.messages?.at(-1)).toMatchObject({ severity: 'critical', reason: 'AnalysisFailed' });
    expect(status.messages?.at(-1)?.text).toContain('12 % failed');
  });

  it('is rolled back by a rejection, which says by whom', () => {
    const abort = { gate: '25', by: 'c', onBehalfOf: 'U2 Bo', via: 'slack', reason: 'wrong model' };
    const { status } = decided(passed, { abort, approvals: [by('alice', '25')] });
    expect(status).toMatchObject({
      phase: 'Aborting',
      reason: 'Rejected',
      message: '"25" was rejected by U2 Bo through slack: wrong model',
    });
  });
});

describe('messages', () => {
  it('are numbered on, and the oldest go when there are too many', () => {
    const messages = Array.from({ length: 40 }, (_, index) => ({
      seq: index + 1,
      at: ago(100),
      severity: 'info' as const,
      reason: 'WeightRaised',
      text: 'a step',
    }));
    const kept = decided({ ...failing, messages }).status.messages ?? [];
    expect(kept).toHaveLength(40);
    expect([kept[0]?.seq, kept.at(-1)?.seq]).toEqual([2, 41]);
  });
});
