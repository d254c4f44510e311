import { describe, expect, it } from 'vitest';
import type { Act } from '../acting.ts';
import { Fault } from '../fault.ts';
import { ago, NOW, release, rollout, scene, stepping } from '../fixtures.conformance.ts';
import * as abort from './abort.ts';
import * as approve from './approve.ts';
import * as pause from './pause.ts';
import * as promote from './promote.ts';
import * as reject from './reject.ts';
import { rolloutToRetry } from './retry.ts';
import * as skip from './skip.ts';

const ended = (phase: 'Promoted' | 'Aborted' = 'Aborted') =>
  release({ phase, finishedAt: ago(60), message: 'latency: p95 612 ms against 300 ms bound' });
const gated = { policy: { approval: { at: ['25', 'promotion'] } } };
const waiting = () => release({ ...stepping(), waitingFor: 'promotion' }, gated);

function faultOf(work: () => unknown): Fault {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('there was no fault');
}

const patchOf = (act: Act): readonly object[] => ('patch' in act ? act.patch : []);

describe('a release that has ended', () => {
  it.each([
    ['abort', () => abort.decide(ended(), undefined, NOW)],
    ['approve', () => approve.decide(ended(), {}, NOW)],
    ['reject', () => reject.decide(ended(), {}, NOW)],
    ['pause', () => pause.decide(ended(), true, NOW)],
    ['resume', () => pause.decide(ended(), false, NOW)],
    ['skip', () => skip.decide(ended(), NOW)],
  ])('is refused to %s, with what can be done in its place', (verb, work) => {
    const { message, next, exit } = faultOf(work);
    expect(message).toBe(
      `Release ranker-s222222222 has ended 1m ago (Aborted), so there is nothing to ${verb}`,
    );
    expect(next).toEqual([
      'it ended because: latency: p95 612 ms against 300 ms bound',
      'to try the same version again: sluice retry ranker',
    ]);
    expect(exit).toBe(1);
  });

  it('that serves says how to go back', () => {
    const { next } = faultOf(() => abort.decide(ended('Promoted'), undefined, NOW));
    expect(next.at(-1)).toBe('it serves now; to go back, push the version before it as a new release');
  });
});

describe('abort', () => {
  it('carries the reason', () => {
    expect(patchOf(abort.decide(release(stepping()), 'slow', NOW))).toEqual([
      { op: 'add', path: '/spec/abort', value: { reason: 'slow' } },
    ]);
  });

  it('says who was first, where somebody was', () => {
    const aborted = release(stepping(), { abort: { by: 'ann', reason: 'slow' } });
    expect(abort.decide(aborted, undefined, NOW)).toEqual({
      already: 'Release ranker-s222222222 is being rolled back already, by ann: slow',
    });
  });
});

describe('approve', () => {
  it('takes the gate that waits, and leaves the approvals of others as they are', () => {
    expect(patchOf(approve.decide(waiting(), { reason: 'fine' }, NOW))).toEqual([
      { op: 'add', path: '/spec/approvals', value: [{ gate: 'promotion', reason: 'fine' }] },
    ]);
    const approvals = [{ gate: '25', by: 'bob', onBehalfOf: '' }];
    const second = release({ ...stepping(), waitingFor: 'promotion' }, { ...gated, approvals });
    expect(patchOf(approve.decide(second, {}, NOW))).toEqual([
      { op: 'add', path: '/spec/approvals/-', value: { gate: 'promotion' } },
    ]);
  });

  it('takes a gate that lies ahead when it is named', () => {
    const ahead = approve.decide(release(stepping(), gated), { gate: '25 %' }, NOW);
    expect(patchOf(ahead)).toEqual([{ op: 'add', path: '/spec/approvals', value: [{ gate: '25' }] }]);
  });

  it.each<[string, () => unknown, string, string | undefined]>([
    [
      'a gate that is none',
      () => approve.decide(waiting(), { gate: '40' }, NOW),
      'has no gate "40"',
      'its gates are 25, promotion',
    ],
    [
      'a release that waits for nobody',
      () => approve.decide(release(stepping(), gated), {}, NOW),
      'does not wait for an approval now; its gates: 25, promotion',
      'to approve ahead: sluice approve ranker-s222222222 --gate 25',
    ],
    [
      'a release without gates',
      () => approve.decide(release(stepping()), {}, NOW),
      'needs no approval',
      'where a person must approve is set in the Rollout: approval: {at: [start, "50", promotion]}',
    ],
    [
      'a release that is being rolled back',
      () => approve.decide(release({ ...stepping(), phase: 'Aborting' }, gated), {}, NOW),
      'is being rolled back; an approval changes nothing',
      undefined,
    ],
  ])('refuses %s', (_what, work, message, next) => {
    const fault = faultOf(work);
    expect(fault.message).toContain(message);
    expect(fault.next[0]).toBe(next);
  });
});

describe('reject', () => {
  it('rolls back and names the gate', () => {
    expect(patchOf(reject.decide(waiting(), { reason: 'wrong model' }, NOW))).toEqual([
      { op: 'add', path: '/spec/abort', value: { gate: 'promotion', reason: 'wrong model' } },
    ]);
  });
});

describe('pause and resume', () => {
  it.each([
    [true, undefined, [{ op: 'add', path: '/spec/paused', value: true }]],
    [false, true, [{ op: 'add', path: '/spec/paused', value: false }]],
    [true, true, []],
    [false, undefined, []],
  ])('to %s from %s', (paused, before, patch) => {
    const one = release(stepping(), before === undefined ? {} : { paused: before });
    expect(patchOf(pause.decide(one, paused, NOW))).toEqual(patch);
  });
});

describe('skip', () => {
  it('is bound to the step that the person saw', () => {
    expect(patchOf(skip.decide(release(stepping()), NOW))).toEqual([
      { op: 'test', path: '/status/step', value: 1 },
      { op: 'add', path: '/spec/skipStep', value: 1 },
    ]);
  });

  it.each([['Pending' as const], ['Starting' as const], ['Promoting' as const]])(
    'is refused while %s',
    (phase) => {
      expect(faultOf(() => skip.decide(release({ phase }), NOW)).message).toContain('is in no step');
    },
  );
});

describe('promote --full', () => {
  it.each([
    ['skips the step', release(stepping()), { kind: 'skip', step: 1 }],
    ['waits until the step is left', release(stepping(), { skipStep: 1 }), { kind: 'wait' }],
    ['waits for the canary', release({ phase: 'Starting' }), { kind: 'wait' }],
    ['ends with the promotion', release({ phase: 'Promoting' }), { kind: 'end', exit: 0 }],
    ['ends with a roll-back', release({ ...stepping(), phase: 'Aborting' }), { kind: 'end', exit: 1 }],
    [
      'ends where it was superseded',
      release({ phase: 'Superseded', finishedAt: ago(1) }),
      { kind: 'end', exit: 4 },
    ],
    ['does not resume for anybody', release(stepping(), { paused: true }), { kind: 'end', exit: 1 }],
    [
      'does not approve for anybody',
      release({ phase: 'Pending', waitingFor: 'start' }),
      { kind: 'end', exit: 1 },
    ],
  ])('%s', (_what, one, move) => {
    expect(promote.decide(one)).toMatchObject(move);
  });
});

describe('retry', () => {
  it('is for a revision that was rolled back', () => {
    const tried = rollout({ tried: 's222222222' });
    expect(rolloutToRetry(scene([tried], [ended()]), 'ranker')).toBe(tried);
  });

  it('is refused while a release is under way, and where there is nothing to try', () => {
    const busy = scene([rollout()], [release(stepping())]);
    expect(faultOf(() => rolloutToRetry(busy, undefined)).message).toContain('is under way (Stepping)');
    const idle = scene([rollout()], [ended('Promoted')]);
    expect(faultOf(() => rolloutToRetry(idle, undefined)).message).toContain('has nothing to try again');
  });
});
