import { describe, expect, it } from 'vitest';
import { ago, NOW, release, stepping } from '../../test/fixtures/cli.ts';
import type { Release } from '../api/release/release.ts';
import { viewOf } from '../view/view-of.ts';
import { abort } from './abort.ts';
import { approve } from './approve.ts';
import { pause, resume } from './pause.ts';
import { promote, question } from './promote.ts';
import { Refusal } from './refusal.ts';
import { reject } from './reject.ts';
import type { ReleasePatch } from './release-patch.ts';
import { skip } from './skip.ts';

const ended = (phase: 'Promoted' | 'Aborted' = 'Aborted') =>
  release({ phase, finishedAt: ago(60), message: 'latency: p95 612 ms against 300 ms bound' });
const gated = { policy: { approval: { at: ['25', 'promotion'] } } };
const waiting = () => release({ ...stepping(), waitingFor: 'promotion' }, gated);

function faultOf(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('there was no fault');
}

const patchOf = (act: ReleasePatch): readonly object[] => ('patch' in act ? act.patch : []);

describe('a release that has ended', () => {
  it.each([
    ['abort', () => abort(ended(), undefined, NOW)],
    ['approve', () => approve(ended(), {}, NOW)],
    ['reject', () => reject(ended(), {}, NOW)],
    ['pause', () => pause(ended(), undefined, NOW)],
    ['resume', () => resume(ended(), NOW)],
    ['skip', () => skip(ended(), {}, NOW)],
    ['promote', () => promote(ended(), {}, NOW)],
  ])('is refused to %s, with what can be done in its place', (verb, work) => {
    const { message, next, isUsage } = faultOf(work);
    expect(message).toBe(`Release ranker-s222222222 ended 1m ago (Aborted): there is nothing to ${verb}`);
    expect(next).toEqual([
      'it ended because: latency: p95 612 ms against 300 ms bound',
      'to try the same version again: sluice retry ranker',
    ]);
    expect(isUsage).toBe(false);
  });

  it('that serves says how to go back', () => {
    const { next } = faultOf(() => abort(ended('Promoted'), undefined, NOW));
    expect(next.at(-1)).toBe('it serves now; to go back, push the version before it as a new release');
  });
});

describe('abort', () => {
  it('carries the reason', () => {
    expect(patchOf(abort(release(stepping()), 'slow', NOW))).toEqual([
      { op: 'add', path: '/spec/abort', value: { reason: 'slow' } },
    ]);
  });

  it('says who was first, where somebody was', () => {
    const aborted = release(stepping(), { abort: { by: 'ann', reason: 'slow' } });
    expect(abort(aborted, undefined, NOW)).toEqual({
      already: 'Release ranker-s222222222 is being rolled back already, by ann: slow',
    });
  });
});

describe('approve', () => {
  it('takes the gate that waits, and leaves the approvals of others as they are', () => {
    expect(patchOf(approve(waiting(), { reason: 'fine' }, NOW))).toEqual([
      { op: 'add', path: '/spec/approvals', value: [{ gate: 'promotion', reason: 'fine' }] },
    ]);
    const approvals = [{ gate: '25', by: 'bob', onBehalfOf: '' }];
    const second = release({ ...stepping(), waitingFor: 'promotion' }, { ...gated, approvals });
    expect(patchOf(approve(second, {}, NOW))).toEqual([
      { op: 'add', path: '/spec/approvals/-', value: { gate: 'promotion' } },
    ]);
  });

  it('takes a gate that lies ahead when it is named', () => {
    const ahead = approve(release(stepping(), gated), { gate: '25 %' }, NOW);
    expect(patchOf(ahead)).toEqual([{ op: 'add', path: '/spec/approvals', value: [{ gate: '25' }] }]);
  });

  it.each<[string, () => unknown, string, string | undefined]>([
    [
      'a gate that is none',
      () => approve(waiting(), { gate: '40' }, NOW),
      'has no gate "40"',
      'its gates are 25, promotion',
    ],
    [
      'a release that waits for nobody',
      () => approve(release(stepping(), gated), {}, NOW),
      'does not wait for an approval now; its gates: 25, promotion',
      'to approve ahead: sluice approve ranker-s222222222 --gate 25',
    ],
    [
      'a release without gates',
      () => approve(release(stepping()), {}, NOW),
      'needs no approval',
      'where a person must approve is set in the Rollout: approval: {at: [start, "50", promotion]}',
    ],
    [
      'a release that is being rolled back',
      () => approve(release({ ...stepping(), phase: 'Aborting' }, gated), {}, NOW),
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
    expect(patchOf(reject(waiting(), { reason: 'wrong model' }, NOW))).toEqual([
      { op: 'add', path: '/spec/abort', value: { gate: 'promotion', reason: 'wrong model' } },
    ]);
  });
});

const actsIn = (spec: object): unknown =>
  viewOf({ release: release(stepping(), spec), now: NOW }).people.acts;

describe('pause and resume', () => {
  const paused = { paused: true, pause: { by: 'ann', reason: 'lunch' } };

  it('keeps the reason, and replaces what an earlier pause has left', () => {
    expect(patchOf(pause(release(stepping(), { ...paused, paused: false }), 'supper', NOW))).toEqual([
      { op: 'add', path: '/spec/paused', value: true },
      { op: 'add', path: '/spec/pause', value: { reason: 'supper' } },
    ]);
    expect(patchOf(pause(release(stepping()), undefined, NOW))).toEqual([
      { op: 'add', path: '/spec/paused', value: true },
      { op: 'add', path: '/spec/pause', value: {} },
    ]);
  });

  it('says who has paused it already, and why', () => {
    expect(pause(release(stepping(), paused), 'supper', NOW)).toEqual({
      already: 'Release ranker-s222222222 is paused already, by ann: lunch',
    });
    expect(pause(release(stepping(), { paused: true }), undefined, NOW)).toEqual({
      already: 'Release ranker-s222222222 is paused already',
    });
  });

  it('resumes what is paused', () => {
    expect(patchOf(resume(release(stepping(), paused), NOW))).toEqual([
      { op: 'add', path: '/spec/paused', value: false },
    ]);
    expect(resume(release(stepping()), NOW)).toEqual({ already: 'Release ranker-s222222222 is not paused' });
  });

  it('shows who paused it, and why, until it is resumed', () => {
    expect(actsIn(paused)).toEqual([{ act: 'paused', by: 'ann', reason: 'lunch' }]);
    expect(actsIn({ paused: true })).toEqual([{ act: 'paused' }]);
    expect(actsIn({ ...paused, paused: false })).toEqual([]);
  });
});

describe('skip', () => {
  it('is bound to the step that the person saw', () => {
    expect(patchOf(skip(release(stepping()), { reason: 'measured by hand' }, NOW))).toEqual([
      { op: 'test', path: '/status/step', value: 1 },
      { op: 'add', path: '/spec/skips', value: [{ step: 1, reason: 'measured by hand' }] },
    ]);
  });

  it('leaves the skips of others as they are', () => {
    const second = release(stepping(), { skips: [{ step: 0, by: 'bob' }] });
    expect(patchOf(skip(second, {}, NOW)).at(-1)).toEqual({
      op: 'add',
      path: '/spec/skips/-',
      value: { step: 1 },
    });
  });

  it.each([
    [{}, {}, 'next is 50 %'],
    [{ approval: { at: ['50'] } }, {}, 'next is 50 %'],
    [
      { approval: { at: ['50'], quorum: 2 } },
      {},
      'next is 50 %, which more people must approve (1 of 2: ann)',
    ],
    [{}, { paused: true }, 'it is paused; to continue: sluice resume ranker-s222222222'],
  ])('says who did it, and what comes next: %o %o', (policy, spec, then) => {
    const act = skip(release(stepping(), { policy, ...spec }), {}, NOW);
    const after = release(stepping(), { policy, ...spec, skips: [{ step: 1, by: 'ann' }] });
    expect('said' in act && act.said(after)).toBe(
      `step 2/3 (25 %) of Release ranker-s222222222 is skipped by ann; ${then}. A failing verdict still rolls it back`,
    );
  });

  it.each([
    ['with a name', { skips: [{ step: 1, by: 'ann', reason: 'slow' }] }, 'ann: slow'],
    ['by the short form', { skipStep: 1 }, 'somebody'],
  ])('is done once, %s', (_how, spec, who) => {
    expect(skip(release(stepping(), spec), {}, NOW)).toEqual({
      already: `step 2/3 (25 %) is being skipped already, by ${who}`,
    });
  });

  it.each([['Pending' as const], ['Starting' as const], ['Promoting' as const]])(
    'is refused while %s',
    (phase) => {
      expect(faultOf(() => skip(release({ phase }), {}, NOW)).message).toContain('is in no step');
    },
  );
});

describe('promote --full', () => {
  it.each([
    [{}, { promote: {} }],
    [{ reason: 'measured by hand' }, { promote: { reason: 'measured by hand' } }],
  ])('is one patch: %o', (flags, { promote: value }) => {
    expect(patchOf(promote(release(stepping()), flags, NOW))).toEqual([
      { op: 'add', path: '/spec/promote', value },
    ]);
  });

  it.each([['Pending' as const], ['Starting' as const], ['Stepping' as const]])(
    'is possible in %s',
    (phase) => {
      expect(patchOf(promote(release({ phase }), {}, NOW))).toHaveLength(1);
    },
  );

  it.each<[string, Release, string]>([
    [
      'somebody has done',
      release(stepping(), { promote: { by: 'ann', reason: 'fine' } }),
      'is being promoted in full already, by ann: fine',
    ],
    ['is under way', release({ phase: 'Promoting', stage: 'Updating' }), 'is Promoting (Updating)'],
  ])('says what %s', (_what, one, text) => {
    const act = promote(one, {}, NOW);
    expect('already' in act && act.already).toContain(text);
  });

  it.each<[string, Release, string]>([
    ['being rolled back', release({ ...stepping(), phase: 'Aborting' }), 'is being rolled back'],
    ['that somebody aborts', release(stepping(), { abort: { by: 'ann' } }), 'is being rolled back'],
    ['that is paused', release(stepping(), { paused: true }), 'is paused'],
  ])('is refused for a release %s', (_what, one, text) => {
    expect(faultOf(() => promote(one, {}, NOW)).message).toContain(text);
  });

  it.each([
    [{}, '?', 'ann; a failing verdict still rolls it back'],
    [{ approval: { at: ['50'] } }, ', as an approval of 50?', 'ann; a failing verdict still rolls it back'],
    [
      { approval: { at: ['50', 'promotion'], quorum: 2 } },
      ', as one of 2 approvals of 50, promotion?',
      'ann; more people must approve 50, promotion: sluice approve ranker-s222222222',
    ],
  ])('asks, and says what it does of gates: %o', (policy, asked, said) => {
    const one = release(stepping(), { policy });
    expect(question(one)).toBe(
      `Promote ranker-s222222222 without waiting for the verdicts of 25 %, 50 %${asked}`,
    );
    const act = promote(one, {}, NOW);
    const after = release(stepping(), { policy, promote: { by: 'ann' } });
    expect('said' in act && act.said(after)).toBe(`Release ranker-s222222222 is promoted in full by ${said}`);
  });
});
