import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromRow, isFailed, type LoadRecord, NOT_SENT, toRow } from './record.ts';
import { createRing } from './ring.ts';
import { createSummarizer } from './summary.ts';

const AT = 1_700_000_000_000;

function record(changes: Partial<LoadRecord> = {}): LoadRecord {
  return { at: AT, lateMs: 0, latencyMs: 10, status: 200, error: null, version: 'v1', pod: 'a', ...changes };
}

const NO_ANSWER = { status: 0, error: 'ECONNRESET', version: '', pod: '' };

function summaryOf(records: readonly LoadRecord[]) {
  const summarizer = createSummarizer();
  for (const one of records) summarizer.add(one);
  return summarizer.summary();
}

it.each([
  [200, null, false],
  [404, null, false],
  [500, null, true],
  [503, null, true],
  [0, 'ECONNREFUSED', true],
  [0, NOT_SENT, false],
])('status %s, error %s: failed %s', (status, error, expected) => {
  expect(isFailed(record({ status, error }))).toBe(expected);
});

it('crosses the pipe unchanged, to a tenth of a millisecond', () => {
  const one = record({ at: AT + 0.5, lateMs: 1.2, latencyMs: 33.3 });
  expect(fromRow(toRow(one))).toEqual(one);
});

describe('createSummarizer', () => {
  it('counts by version, pod, code and second', () => {
    const summary = summaryOf([
      record(),
      record({ at: AT + 999, version: 'v2', pod: 'b' }),
      record({ at: AT + 1_000, version: 'v2', pod: 'b', status: 500, lateMs: 7 }),
      record({ at: AT + 1_500, ...NO_ANSWER }),
      record({ at: AT + 1_600, ...NO_ANSWER, error: NOT_SENT }),
    ]);
    expect(summary).toMatchObject({
      requests: 4,
      failed: 2,
      notSent: 1,
      maxLateMs: 7,
      byVersion: {
        v1: { requests: 1, failed: 0 },
        v2: { requests: 2, failed: 1 },
        none: { requests: 1, failed: 1, p50Ms: null },
      },
      byPod: { a: 1, b: 2 },
      byCode: { '200': 2, '500': 1, ECONNRESET: 1 },
      intervals: [
        { at: AT, requests: 2, failed: 0, byVersion: { v1: { requests: 1, failed: 0 } } },
        { at: AT + 1_000, requests: 2, failed: 2, byVersion: { none: { requests: 1, failed: 1 } } },
      ],
    });
  });

  it('tells quantiles within 5 %', () => {
    assert(
      property(array(double({ min: 1, max: 5_000, noNaN: true }), { minLength: 1 }), (times) => {
        const { p50Ms, p95Ms } = summaryOf(times.map((latencyMs) => record({ latencyMs })));
        const sorted = times.toSorted((a, b) => a - b);
        for (const [found, share] of [
          [p50Ms, 0.5],
          [p95Ms, 0.95],
        ] as const) {
          const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
          expect(Math.abs((found ?? 0) - exact)).toBeLessThan(exact * 0.05 + 0.05);
        }
      }),
    );
  });

  it('is empty before the first record', () => {
    expect(summaryOf([])).toMatchObject({ requests: 0, failed: 0, p95Ms: null, intervals: [] });
  });
});

it.each([
  [3, [1, 2], [1, 2]],
  [3, [1, 2, 3], [1, 2, 3]],
  [3, [1, 2, 3, 4, 5], [3, 4, 5]],
  [1, [1, 2], [2]],
])('a ring of %d keeps the newest of %j', (size, items, expected) => {
  const ring = createRing<number>(size);
  for (const item of items) ring.push(item);
  expect(ring.items()).toEqual(expected);
});
