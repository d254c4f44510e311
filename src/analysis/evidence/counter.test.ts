import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterProblem, growth, originsOf } from './counter.ts';
import type { Sample, Series } from './sample.ts';

const series = (pod: string, value: number, status = '200'): Series => ({ labels: { pod, status }, value });
const vector = (...all: Series[]): Sample => ({ kind: 'vector', series: all });
const NO_DATA: Sample = { kind: 'noData', message: 'no series' };

function grown(start: Sample, end: Sample): Record<string, number> {
  const found = growth(start, end, { known: originsOf(start) });
  if (found.kind !== 'growth') throw new Error(found.message);
  return Object.fromEntries(
    found.series.map(({ labels, value }) => [`${labels['pod']} ${labels['status']}`, value]),
  );
}

describe('growth', () => {
  it.each([
    ['counts on', vector(series('a', 5)), vector(series('a', 9)), { 'a 200': 4 }],
    ['does not change', vector(series('a', 5)), vector(series('a', 5)), { 'a 200': 0 }],
    ['was reset', vector(series('a', 500)), vector(series('a', 9)), { 'a 200': 9 }],
    ['vanished', vector(series('a', 5), series('b', 5)), vector(series('a', 6)), { 'a 200': 1 }],
    ['is of a new pod', vector(series('a', 5)), vector(series('a', 6), series('b', 400)), { 'a 200': 1 }],
    [
      'is the first failure of a known pod',
      vector(series('a', 5)),
      vector(series('a', 6), series('a', 3, '500')),
      { 'a 200': 1, 'a 500': 3 },
    ],
    ['has no start', NO_DATA, vector(series('a', 6)), {}],
  ])('of a counter that %s', (_, start, end, expected) => {
    expect(grown(start, end)).toEqual(expected);
  });

  it('counts all series of a process from zero where one of them fell', () => {
    const start = vector(series('a', 20), series('a', 19, 'fast'), series('b', 5), series('b', 5, 'fast'));
    const end = vector(series('a', 19), series('a', 19, 'fast'), series('b', 9), series('b', 8, 'fast'));
    expect(grown(start, end)).toEqual({ 'a 200': 19, 'a fast': 19, 'b 200': 4, 'b fast': 3 });
  });

  it('says what is missing at the end', () => {
    expect(growth(vector(series('a', 5)), NO_DATA, { known: new Set() })).toMatchObject({ kind: 'noData' });
  });

  it.each([
    ['a rate', vector(series('a', 0.25)), 'without rate() or increase()'],
    ['a negative one', vector(series('a', -3)), 'is negative (-3)'],
    ['an error', { kind: 'providerError', message: 'HTTP 503' } as const, 'HTTP 503'],
    ['no number', { kind: 'notANumber', message: 'NaN' } as const, 'NaN'],
  ])('refuses %s', (_, sample, message) => {
    expect(counterProblem(sample)).toContain(message);
    expect(growth(vector(series('a', 1)), sample, { known: new Set() })).toMatchObject({
      kind: 'providerError',
    });
    expect(growth(sample, vector(series('a', 1)), { known: new Set() })).toMatchObject({
      kind: 'providerError',
    });
  });

  it('keeps all counts however the time is cut into windows', () => {
    const steps = fc.array(fc.record({ a: fc.nat(100), b: fc.nat(100) }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(steps, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (increments, cuts) => {
        let [a, b, counted] = [7, 0, 0];
        let start = vector(series('a', a), series('b', b));
        for (const [index, step] of increments.entries()) {
          [a, b] = [a + step.a, b + step.b];
          const end = vector(series('a', a), series('b', b));
          if (cuts[index] !== true && index < increments.length - 1) continue;
          counted += Object.values(grown(start, end)).reduce((sum, one) => sum + one, 0);
          start = end;
        }
        expect(counted).toBe(increments.reduce((sum, step) => sum + step.a + step.b, 0));
      }),
    );
  });
});
