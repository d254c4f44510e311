import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_SPANS, Series } from '../../api/release/analysis-state.ts';
import { addWindow, boundedIn, comparedIn, NO_SERIES } from './series.ts';
import type { Span } from './tally.ts';

const counts = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }))
  .map(([events, bad, over]) => ({ events, bad: Math.min(bad, events), over: Math.min(over, events) }));
const window = fc.record({ canary: counts, stable: counts, seconds: fc.constantFrom(2, 10, 30, 90) });

const sumOf = (spans: readonly Span[], of: (span: Span) => number): number =>
  spans.reduce((sum, span) => sum + of(span), 0);

describe('the series of a metric', () => {
  it('stays of one size, keeps within its schema, and loses no request', () => {
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 120 }), (windows) => {
        const series = windows.reduce(
          (before, { canary, stable, seconds }) => addWindow(before, canary, stable, seconds),
          NO_SERIES,
        );
        expect(Series.parse(JSON.parse(JSON.stringify(series)))).toEqual(series);
        expect(series.spans.length).toBeLessThanOrEqual(MOST_SPANS);
        expect(JSON.stringify(series).length).toBeLessThan(1_500);
        const sum = (of: (one: (typeof windows)[number]) => number): number =>
          windows.reduce((all, one) => all + of(one), 0);
        expect(sumOf(comparedIn(series), ({ canary }) => canary.bad)).toBe(sum(({ canary }) => canary.bad));
        expect(sumOf(boundedIn(series), ({ canary }) => canary.bad)).toBe(sum(({ canary }) => canary.over));
        expect(sumOf(boundedIn(series), ({ stable }) => stable.events)).toBe(
          sum(({ stable }) => stable.events),
        );
      }),
    );
  });

  it('keeps the newest spans as fine as they came', () => {
    let series = NO_SERIES;
    const arm = { events: 10, bad: 0, over: null };
    for (let at = 0; at < 200; at++) series = addWindow(series, arm, arm, 10);
    expect(series.spans.slice(-8).every(([seconds = 0]) => seconds <= 30)).toBe(true);
    expect(series.spans.length + series.merged).toBe(Math.ceil(200 / 3));
  });
});
