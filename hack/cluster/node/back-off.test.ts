import { expect, it } from 'vitest';
import { createBackOff } from './back-off.ts';

it('restarts at once first, then ever later up to the bound', () => {
  const backOff = createBackOff(10_000);
  expect(Array.from({ length: 7 }, () => backOff.next(100))).toEqual([0, 1e3, 2e3, 4e3, 8e3, 1e4, 1e4]);
});

it('begins again when the container has run for long', () => {
  const backOff = createBackOff(10_000);
  expect([backOff.next(0), backOff.next(0), backOff.next(30_000), backOff.next(0)]).toEqual([0, 1e3, 0, 1e3]);
});
