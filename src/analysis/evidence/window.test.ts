import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Analysis } from '../../api/rollout/rollout.ts';
import { dueWindow } from './window.ts';

const analysis = Analysis.parse({ templates: [{ name: 'x' }], interval: '10s', warmup: '5s' });
const iso = (ms: number): string => new Date(ms).toISOString();
const SETTLED = 1_000_000;

describe('dueWindow', () => {
  it.each([
    ['begins after the warm-up', undefined, SETTLED + 15_499, { wakeAt: SETTLED + 15_500 }],
    [
      'is read when late scrapes are in',
      undefined,
      SETTLED + 15_500,
      { start: SETTLED + 5_000, end: SETTLED + 15_000 },
    ],
    [
      'begins where the last has ended',
      15_000,
      SETTLED + 25_600,
      { start: SETTLED + 15_000, end: SETTLED + 25_000 },
    ],
    [
      'takes in what was missed',
      15_000,
      SETTLED + 62_000,
      { start: SETTLED + 15_000, end: SETTLED + 55_000 },
    ],
    [
      'leaves a later change of weight out',
      -60_000,
      SETTLED + 15_500,
      { start: SETTLED + 5_000, end: SETTLED + 15_000 },
    ],
    ['waits where the clock is behind', 15_000, SETTLED, { wakeAt: SETTLED + 25_500 }],
  ])('%s', (_, from, now, expected) => {
    const state = from === undefined ? {} : { from: iso(SETTLED + from) };
    expect(dueWindow(analysis, state, { settledAt: SETTLED, now })).toEqual(expected);
  });

  it('covers the time without gap or overlap, whenever it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 30 }), (waits) => {
        let now = SETTLED;
        const windows: { start: number; end: number; asked: number }[] = [];
        for (const wait of waits) {
          now += wait;
          const last = windows.at(-1);
          const state = last === undefined ? {} : { from: iso(last.end) };
          const due = dueWindow(analysis, state, { settledAt: SETTLED, now });
          if ('start' in due) windows.push({ ...due, asked: now });
        }
        expect(windows.map(({ start }) => start)).toEqual(
          windows.map((_, index) => windows[index - 1]?.end ?? SETTLED + 5_000),
        );
        expect(windows.every(({ start, end }) => end > start && (end - start) % 10_000 === 0)).toBe(true);
        expect(windows.every(({ end, asked }) => end < asked && asked - end < 10_500)).toBe(true);
      }),
    );
  });
});
