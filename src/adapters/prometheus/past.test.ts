import { describe, expect, it } from 'vitest';
import { pastOf } from './past.ts';

const span = { startMs: 10_000, stepMs: 5_000, count: 3 };
const matrix = (result: unknown): unknown => ({ status: 'success', data: { resultType: 'matrix', result } });

const bucket = (lower: string, upper: string, count: string) => [0, lower, upper, count];

describe('pastOf', () => {
  it('puts each value at its time, and nothing where there was none', () => {
    const values = [
      [10, '1'],
      [20, '3.5'],
      [25, '9'],
    ];
    expect(pastOf(matrix([{ metric: { pod: 'a' }, values }]), span)).toEqual({
      kind: 'series',
      series: [{ labels: { pod: 'a' }, values: [1, undefined, 3.5] }],
    });
  });

  it('takes no value for what is no number', () => {
    const values = [
      [10, 'NaN'],
      [15, '+Inf'],
      [20, '2'],
    ];
    expect(pastOf(matrix([{ metric: {}, values }]), span)).toMatchObject({
      series: [{ values: [undefined, undefined, 2] }],
    });
  });

  it('takes a native histogram apart, with empty buckets where they are left out', () => {
    const histograms = [
      [10, { count: '5', sum: '1', buckets: [bucket('0.09', '0.1', '5')] }],
      [20, { count: '8', sum: '2', buckets: [bucket('0.09', '0.1', '6'), bucket('0.1', '0.11', '2')] }],
    ];
    expect(pastOf(matrix([{ metric: { pod: 'a' }, histograms }]), span)).toEqual({
      kind: 'series',
      series: [
        { labels: { pod: 'a', __upper__: '0.1' }, values: [5, undefined, 6] },
        { labels: { pod: 'a', __upper__: '0.11' }, values: [0, undefined, 2] },
        { labels: { pod: 'a', le: '+Inf' }, values: [5, undefined, 8] },
      ],
    });
  });

  it.each([
    ['nothing', matrix([]), 'noData', 'no series'],
    [
      'a refusal',
      { status: 'error', error: 'parse error' },
      'providerError',
      'refuses the query: parse error',
    ],
    ['something else', { hello: 1 }, 'providerError', 'not of the query API'],
    [
      'a vector',
      { status: 'success', data: { resultType: 'vector', result: [] } },
      'providerError',
      'a vector',
    ],
    [
      'too much',
      matrix(Array.from({ length: 20_001 }, () => ({ metric: {}, values: [] }))),
      'providerError',
      '20001 series',
    ],
  ])('says what is wrong: %s', (_name, body, kind, message) => {
    expect(pastOf(body, span)).toMatchObject({ kind, message: expect.stringContaining(message) });
  });
});
