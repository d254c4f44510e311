import { describe, expect, it } from 'vitest';
import type { Reason } from '../reasons/catalogue.ts';
import { withCondition } from './conditions.ts';

const at = (second: number): string => new Date(second * 1_000).toISOString();
const ready = (status: 'True' | 'False', reason: Reason) => ({
  type: 'Ready',
  status,
  reason,
  message: reason,
});

describe('withCondition', () => {
  it('moves the time only when the status changes', () => {
    const first = withCondition(undefined, ready('True', 'Gated'), 1_000);
    const same = withCondition(first, ready('True', 'OptedOut'), 2_000);
    const other = withCondition(same, ready('False', 'StableLost'), 3_000);
    expect([first, same, other].map(([one]) => [one?.reason, one?.lastTransitionTime])).toEqual([
      ['Gated', at(1)],
      ['OptedOut', at(1)],
      ['StableLost', at(3)],
    ]);
  });

  it('keeps the others, one of each type, in an order of their own', () => {
    const list = withCondition(
      withCondition([], ready('True', 'Gated'), 0),
      { ...ready('True', 'Gated'), type: 'Aged' },
      0,
    );
    expect(list.map(({ type }) => type)).toEqual(['Aged', 'Ready']);
    expect(withCondition(list, ready('False', 'OptedOut'), 0)).toHaveLength(2);
  });
});
