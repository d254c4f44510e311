import { describe, expect, it } from 'vitest';
import { withCondition } from './conditions.ts';

const at = (second: number): string => new Date(second * 1_000).toISOString();
const ready = (status: 'True' | 'False', reason: string) => ({
  type: 'Ready',
  status,
  reason,
  message: reason,
});

describe('withCondition', () => {
  it('moves the time only when the status changes', () => {
    const first = withCondition(undefined, ready('True', 'A'), 1_000);
    const same = withCondition(first, ready('True', 'B'), 2_000);
    const other = withCondition(same, ready('False', 'C'), 3_000);
    expect([first, same, other].map(([one]) => [one?.reason, one?.lastTransitionTime])).toEqual([
      ['A', at(1)],
      ['B', at(1)],
      ['C', at(3)],
    ]);
  });

  it('keeps the others, one of each type, in an order of their own', () => {
    const list = withCondition(
      withCondition([], ready('True', 'A'), 0),
      { ...ready('True', 'A'), type: 'Aged' },
      0,
    );
    expect(list.map(({ type }) => type)).toEqual(['Aged', 'Ready']);
    expect(withCondition(list, ready('False', 'B'), 0)).toHaveLength(2);
  });
});
