import { describe, expect, it } from 'vitest';
import type { LoadRecord } from '../../load/record.ts';
import type { Level } from './levels.ts';
import { combined, figuresOf, lostIn, type Transition } from './transition.ts';

const record = (at: number, version: string, over: Partial<LoadRecord> = {}): LoadRecord => ({
  at,
  lateMs: 0,
  latencyMs: 20,
  status: 200,
  error: null,
  version,
  pod: 'p',
  ...over,
});

/** Answers every 5 ms until `to`; v2 gives one of so many. */
function stream(from: number, to: number, every: number): LoadRecord[] {
  return Array.from({ length: (to - from) / 5 }, (_, index) =>
    record(from + index * 5, every > 0 && index % every === 0 ? 'v2' : 'v1'),
  );
}

const level = (at: number, percent: number): Level => ({
  at,
  shares: { v1: { percent: 100 - percent, by: 'weight' }, v2: { percent, by: 'weight' } },
});
const TRANSITION: Transition = { name: 'step', version: 'v2', from: 1_000, to: 5_000 };
const LEVELS = [level(0, 0), level(1_000, 25), level(5_000, 0)];
const figures = (records: readonly LoadRecord[], levels: readonly Level[] = LEVELS) =>
  figuresOf({ records, levels, spreadMs: 500 }, TRANSITION);

describe('the figures of a transition', () => {
  it('counts what is sent between its ends, and compares the share of each second and of the whole', () => {
    const records = [...stream(0, 1_100, 0), ...stream(1_100, 6_000, 4)];
    expect(figures(records)).toEqual({
      requests: 800,
      failed: 0,
      resets: 0,
      wrongVersion: 0,
      windows: 4,
      shareError: 0,
      secondsInForce: 0.1,
    });
  });

  it('counts answers outside of 2xx, and requests without an answer, but not those that were not sent', () => {
    const records = [
      record(2_000, 'v1', { status: 503 }),
      record(2_000, 'v1', { status: 404 }),
      record(2_000, '', { status: 0, error: 'ECONNRESET' }),
      record(2_000, '', { status: 0, error: 'IN_FLIGHT_LIMIT' }),
    ];
    expect(figures(records)).toMatchObject({ requests: 3, failed: 3, resets: 1 });
    const evidence = { records, levels: LEVELS, spreadMs: 500 };
    expect(lostIn(evidence, { ...TRANSITION, mayFail: (at) => at < 2_000 })).toHaveLength(3);
    expect(lostIn(evidence, { ...TRANSITION, mayFail: (at) => at < 2_001 })).toEqual([]);
  });

  it.each<[string, Level[], number, number, string?]>([
    ['before it had a share', [level(0, 0), level(3_000, 25)], 2_000, 1],
    ['on its way when the share came', [level(0, 0), level(2_010, 25)], 2_000, 0],
    ['on its way when the share went', [level(0, 25), level(1_600, 0)], 2_000, 0],
    ['long after the share went', [level(0, 25), level(1_400, 0)], 2_000, 1],
    ['of a version that is never named', [level(0, 25)], 2_000, 1, 'v9'],
    ['of stable, which has nothing more', [level(0, 100)], 2_000, 1, 'v1'],
  ])('an answer %s', (_name, levels, at, wrong, version = 'v2') => {
    expect(figures([record(at, version)], levels)).toMatchObject({ wrongVersion: wrong });
  });

  it('shows a split that is not as it was written', () => {
    expect(figures(stream(0, 6_000, 2)).shareError).toBeGreaterThan(15);
  });

  it('a share that does not change is never in force', () => {
    expect(figures(stream(0, 6_000, 0), [level(0, 0)]).secondsInForce).toBeNull();
  });

  it('a split by pods has no interval', () => {
    const shares = { v2: { percent: 50, by: 'pods' } } as const;
    expect(figures(stream(0, 6_000, 9), [{ at: 0, shares }])).toMatchObject({ windows: 0, shareError: 0 });
  });

  it("does not count a faulty version's own errors", () => {
    const records = [record(2_000, 'v1', { status: 500 }), record(2_000, 'v2', { status: 500 })];
    const evidence = { records, levels: LEVELS, spreadMs: 500 };
    expect(figuresOf(evidence, { ...TRANSITION, faulty: 'v1' })).toMatchObject({ failed: 1 });
    expect(lostIn(evidence, { ...TRANSITION, faulty: 'v1' })).toHaveLength(1);
  });

  it('of several callers are their sums, with the worst share and the last to follow', () => {
    const none = { requests: 10, failed: 1, resets: 0, wrongVersion: 2, windows: 3, shareError: 0 };
    const unsent = stream(1_000, 5_000, 0).map((one) => ({ ...one, error: 'IN_FLIGHT_LIMIT' }));
    const parts = [
      {
        figures: { ...none, secondsInForce: null },
        evidence: { records: [...stream(0, 5_000, 0), ...unsent] },
      },
      { figures: { ...none, shareError: 1.5, secondsInForce: 0.4 }, evidence: { records: [] } },
    ];
    const sums = { requests: 20, failed: 2, resets: 0, wrongVersion: 4, secondsInForce: 0.4 };
    expect(combined({}, parts)).toEqual({ ...sums, windows: 6, shareError: 1.5 });
    const copies = { percent: 50, from: 1_000, to: 5_000, counted: 400 };
    expect(combined({ copies }, parts)).toEqual({ ...sums, windows: 7, shareError: 1.5 });
    const few = combined({ copies: { ...copies, counted: 0 } }, parts);
    expect(few.shareError).toBeGreaterThan(30);
  });
});
