import { array, assert, constantFrom, integer, property, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieValues, groupsAt } from './sticky.ts';

const thresholds = uniqueArray(integer({ min: 1, max: 99 }), { maxLength: 12 }).map((some) => [
  ...some.toSorted((a, b) => a - b),
  100,
]);
const weights = array(integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 8 }).map((some) =>
  some.toSorted((a, b) => a - b),
);
const clientsOf = (given: readonly number[]) => ({ cookie: 'sv', seconds: 60, thresholds: given });

const sizeOf = (of: readonly { size: number }[]): number => of.reduce((all, { size }) => all + size, 0);

describe('clients that stay with their version', () => {
  it('are divided by the weight, and know from their cookie where they are', () => {
    assert(
      property(thresholds, integer({ min: 1, max: 99 }), (given, weight) => {
        const groups = groupsAt(clientsOf(given), weight);
        expect([sizeOf(groups), sizeOf(groups.filter(({ isCanary }) => isCanary))]).toEqual([100, weight]);
        expect(groups.every(({ size }) => size > 0)).toBe(true);
        const { canary, stable } = cookieValues(clientsOf(given), 'x7k2', weight);
        for (const { from, isCanary } of groups) {
          const takes = (pattern: string): boolean => new RegExp(`^(?:${pattern})$`).test(`x7k2.${from}`);
          expect([takes(canary), takes(stable)]).toEqual([isCanary, !isCanary]);
        }
      }),
    );
  });

  it('move once at most, to the canary, and never back while the weight rises', () => {
    assert(
      property(thresholds, weights, constantFrom(0, 1), (given, rising, later) => {
        const clients = clientsOf(given);
        const first = rising[Math.min(later, rising.length - 1)] ?? 1;
        for (const { from } of groupsAt(clients, first)) {
          const places = rising
            .filter((weight) => weight >= first)
            .map((weight) =>
              new RegExp(`^(?:${cookieValues(clients, 'x', weight).canary})$`).test(`x.${from}`),
            );
          expect(places).toEqual(places.toSorted((a, b) => Number(a) - Number(b)));
        }
      }),
    );
  });

  it('are exactly as many at each step as its weight says, where the steps are known', () => {
    const clients = clientsOf([10, 25, 50, 100]);
    const groups = groupsAt(clients, 10);
    for (const weight of [10, 25, 50]) {
      const canary = new RegExp(`^(?:${cookieValues(clients, 'x', weight).canary})$`);
      const there = groups.filter(({ from }) => canary.test(`x.${from}`));
      expect(there.reduce((sum, { size }) => sum + size, 0)).toBe(weight);
    }
  });

  it('of another release have a cookie without effect', () => {
    const { canary, stable } = cookieValues(clientsOf([10, 100]), 'x7k2', 10);
    for (const cookie of ['k3m1.10', 'x7k2.1', 'x7k2.101', 'ax7k2.10', 'x7k2_10'])
      expect([canary, stable].some((one) => new RegExp(`^(?:${one})$`).test(cookie))).toBe(false);
  });
});
