import { describe, expect, it } from 'vitest';
import { type MetricState, MetricState as Schema } from '../../api/release/analysis-state.ts';
import { freshState, startStep } from '../verdict/state.ts';
import { remember } from './history.ts';

function state(events: number, verdict: MetricState['verdict'] = 'pass'): MetricState {
  const counts = { events, bad: 1, quantile: 0.123456789 };
  return { ...freshState('errors'), verdict, message: `${events} requests`, canary: counts, stable: counts };
}

describe('remember', () => {
  it('keeps counts and verdict of each window, and the sentence where the verdict is another', () => {
    const first = remember(state(10, 'inconclusive'), { endMs: 1_000, step: 0 });
    const second = remember({ ...first, ...state(20, 'inconclusive') }, { endMs: 2_000, step: 0 });
    const third = remember({ ...second, ...state(30) }, { endMs: 3_000, step: 0 });
    expect(third.history).toEqual([
      expect.objectContaining({ at: '1970-01-01T00:00:01.000Z', message: '10 requests' }),
      expect.not.objectContaining({ message: expect.anything() }),
      expect.objectContaining({
        verdict: 'pass',
        message: '30 requests',
        canary: { events: 30, bad: 1, quantile: 0.1235 },
      }),
    ]);
  });

  it('continues over the steps, and forgets the oldest', () => {
    let kept = startStep(remember(state(1), { endMs: 0, step: 0 }));
    for (let window = 1; window <= 30; window++) kept = remember(kept, { endMs: window * 1_000, step: 1 });
    expect(kept.history?.length).toBe(20);
    expect(kept.history?.at(-1)?.at).toBe('1970-01-01T00:00:30.000Z');
    expect(Schema.safeParse(kept).success).toBe(true);
  });
});
