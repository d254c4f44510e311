import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { full, LETTERS, many, maximalStatus, templateOf } from '../../../test/fixtures/maximal-status.ts';
import { release } from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { MOST_BYTES, sizeProblem } from '../rollout/too-large.ts';
import { bytesOf, fieldsBytesOf } from './bytes.ts';
import { fitStatus, leanest } from './fit.ts';

const actions = (letter: string) => ({
  approvals: many(24, (at) => ({
    gate: 'promotion',
    reason: full(1_024, letter),
    by: `${at}`.padEnd(253, 'b'),
    onBehalfOf: full(253, 'o'),
    via: 'slack',
    ticket: full(64, 't'),
  })),
  skips: many(20, (step) => ({ step, reason: full(1_024, letter), by: full(253, 'b') })),
  promote: { reason: full(1_024, letter), by: full(253, 'b') },
  abort: {
    reason: full(1_024, letter),
    by: full(253, 'b'),
    onBehalfOf: full(253, 'o'),
    ticket: full(64, 't'),
  },
});

const metricOf = (isDrift: boolean, at: number) => ({
  name: `m${at}`,
  ...(isDrift
    ? { drift: { requests: 'sum by (class) (x)', label: 'class', maxIncrease: '5pp' } }
    : { errors: { requests: 'r', failures: 'f' } }),
  onNoData: 'wait',
  dryRun: false,
});

const cases = record({
  letter: constantFrom(...LETTERS),
  metrics: array(constantFrom(true, false), { minLength: 1, maxLength: 64 }),
  bytes: integer({ min: 0, max: 900_000 }),
  length: constantFrom(1, 200, 100_000),
  phase: constantFrom<ReleaseStatus['phase']>('Pending', 'Stepping', 'Promoting', 'Aborting', 'Aborted'),
  settled: integer({ min: 0, max: 40 }),
});

describe('a Release', () => {
  it('is made only where every status that it can come to can be stored, whatever people add to it', () => {
    let made = 0;
    assert(
      property(cases, ({ letter, metrics, bytes, length, phase, settled }) => {
        const large = templateOf(bytes, length);
        const fresh = release(undefined, {
          stable: { podTemplateHash: 'h1', replicaSet: 'model-h1', template: large },
          metrics: metrics.map(metricOf),
        });
        if (sizeProblem(fresh, large) !== null) return true;
        made += 1;
        const late = { ...fresh, spec: { ...fresh.spec, ...actions(letter) } } as typeof fresh;
        const status = { ...maximalStatus(phase, letter, metrics, settled), next: large };
        const fitting = fitStatus(late, status);
        const stored = { ...late, status: fitting };
        return bytesOf(stored) + fieldsBytesOf(stored) <= MOST_BYTES;
      }),
      { numRuns: 60 },
    );
    expect(made).toBeGreaterThan(10);
  });

  it('is refused with what takes the room and what to do', () => {
    const large = templateOf(900_000, 1_000);
    const stable = { podTemplateHash: 'h1', replicaSet: 'model-h1', template: large };
    expect(sizeProblem(release(undefined, { stable }), large)).toEqual({
      reason: 'ReleaseTooLarge',
      message: expect.stringMatching(
        /^a Release needs \d+ KiB and there is room for 948 KiB: \d+ KiB for pod templates, 9 KiB for 1 metrics; move files/,
      ),
    });
  });
});

const kept = ({ analysis }: ReleaseStatus) => analysis?.metrics.map(({ series }) => series !== undefined);

describe('fitStatus', () => {
  const status = maximalStatus('Aborting', 'x', [false, true], 38);

  it('leaves a status alone that fits', () => {
    expect(fitStatus(release(), status)).toBe(status);
  });

  it('leaves out what people miss least first, and nothing that decides', () => {
    const stable = { podTemplateHash: 'h1', replicaSet: 'model-h1', template: templateOf(1_350_000, 10_000) };
    const fitting = fitStatus(release(undefined, { stable }), status);
    expect(fitting.analysis?.metrics.map(({ history }) => history)).toEqual([undefined, undefined]);
    expect(fitting.messages?.map(({ seq }) => seq)).toEqual([39, 40]);
    for (const key of ['phase', 'stage', 'reason', 'weight', 'plan', 'deadline', 'step', 'service'] as const)
      expect(fitting[key]).toEqual(status[key]);
  });

  it('keeps undelivered messages', () => {
    const { notified: _notified, deliveries: _deliveries, ...untold } = status;
    expect(leanest(untold).messages?.map(({ seq }) => seq)).toEqual(many(40, (at) => at + 1));
    expect(leanest({ ...status, notified: 40 }).messages?.map(({ seq }) => seq)).toEqual([40]);
  });

  it('keeps the tests of the analysis for as long as they decide', () => {
    expect(kept(leanest({ ...status, phase: 'Stepping' }))).toEqual([true, true]);
    expect(kept(leanest(status))).toEqual([false, false]);
  });
});
