import { describe, expect, it } from 'vitest';
import { Quantity, quantityOf } from './quantity.ts';

describe('an amount of a resource', () => {
  it.each([
    ['2', 2],
    ['500m', 0.5],
    ['1.5', 1.5],
    ['2k', 2_000],
    ['16Gi', 16 * 2 ** 30],
    ['1G', 1e9],
  ])('%s', (text, amount) => {
    expect(Quantity.safeParse(text).success).toBe(true);
    expect(quantityOf(text)).toBe(amount);
  });

  it.each(['', 'two', '-1', '1e3', '5 Gi'])('%s is none', (text) => {
    expect(Quantity.safeParse(text).success).toBe(false);
    expect(quantityOf(text)).toBe(0);
  });
});
