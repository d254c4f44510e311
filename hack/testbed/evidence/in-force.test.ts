import { describe, expect, it } from 'vitest';
import type { LoadRecord } from '../../load/record.ts';
import { inForceAt } from './in-force.ts';

const record = (at: number, version: string): LoadRecord => ({
  at,
  lateMs: 0,
  latencyMs: 20,
  status: 200,
  error: null,
  version,
  pod: 'p',
});

/** Requests every 5 ms; v2 answers every so many of them, before and after a moment. */
function answers(before: number, after: number, moment: number): LoadRecord[] {
  return Array.from({ length: 600 }, (_, index) => {
    const every = index * 5 < moment ? before : after;
    const isHit = every !== 0 && index % every === 0;
    return record(1_000 + index * 5, isHit ? 'v2' : 'v1');
  });
}

describe('the moment from which answers follow a change', () => {
  it.each([
    ['a version gets nothing more', { before: 50, after: 0 }, answers(2, 0, 400)],
    ['a version gets everything', { before: 50, after: 100 }, answers(2, 1, 400)],
    ['a first share', { before: 0, after: 25 }, answers(0, 4, 400)],
    ['a greater share', { before: 25, after: 50 }, answers(4, 2, 400)],
    ['a smaller share', { before: 50, after: 25 }, answers(2, 4, 400)],
  ])('%s', (_name, move, records) => {
    const moment = inForceAt(records, { version: 'v2', at: 1_000, ...move });
    expect(Math.abs(moment - 1_400)).toBeLessThan(25);
  });

  it('is that of the change where no answer is of the old split', () => {
    const records = answers(4, 4, 0);
    expect(inForceAt(records, { version: 'v2', at: 1_000, before: 0, after: 25 })).toBe(1_000);
    expect(inForceAt([], { version: 'v2', at: 1_000, before: 50, after: 0 })).toBe(1_000);
  });

  it('is after the last answer that contradicts, however late it came', () => {
    const records = [...answers(2, 0, 400), record(3_900, 'v2')];
    expect(inForceAt(records, { version: 'v2', at: 1_000, before: 50, after: 0 })).toBe(3_900);
  });
});
