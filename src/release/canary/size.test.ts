import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Capacity } from '../../api/rollout/capacity.ts';
import { resolveSurge, resolveUnavailable } from '../../workload/surge.ts';
import { canarySize, handoverSize } from './size.ts';

describe('canarySize', () => {
  it.each([
    [10, 10, 1],
    [10, 11, 2],
    [10, 50, 5],
    [10, 100, 10],
    [10, 60, 8],
    [10, 67, 10],
    [10, 75, 10],
    [3, 10, 1],
    [3, 50, 2],
    [1, 10, 1],
    [1, 100, 1],
    [0, 10, 1],
    [100, 1, 1],
  ])('of %i pods at %i %% is %i', (total, weight, size) => {
    expect(canarySize(total, weight)).toBe(size);
  });

  it.each<[number, number, Capacity, number]>([
    [10, 10, { mode: 'surge', replicas: 2 }, 2],
    [10, 50, { mode: 'surge', replicas: 2 }, 2],
    [1, 50, { mode: 'surge', replicas: 2 }, 1],
    [10, 50, { mode: 'borrow' }, 1],
  ])('of %i pods at %i %% with %o is %i', (total, weight, canary, size) => {
    expect(canarySize(total, weight, canary)).toBe(size);
  });

  it.each([
    ['has room for even loads', 60, 20, 8],
    ['has room for some of it', 60, 7, 7],
    ['has room for the share alone', 60, 6, 6],
    ['has not even room for the share', 60, 5, 6],
    ['matters at great weights only', 50, 5, 5],
  ])('of ten pods where the budget %s', (_what, weight, room, size) => {
    expect(canarySize(10, weight, { mode: 'surge' }, room)).toBe(size);
  });

  it('gives its pods at most twice the load of a stable one, unless all pods are not enough', () => {
    assert(
      property(integer({ min: 1, max: 2_000 }), integer({ min: 1, max: 99 }), (total, weight) => {
        const size = canarySize(total, weight);
        const times = weight / size / ((100 - weight) / total);
        expect(times <= 2 || size === total).toBe(true);
      }),
    );
  });

  it('carries its share, is never empty and never more than all', () => {
    assert(
      property(integer({ min: 1, max: 2_000 }), integer({ min: 1, max: 100 }), (total, weight) => {
        const size = canarySize(total, weight);
        expect(size).toBeGreaterThanOrEqual(1);
        expect(size).toBeLessThanOrEqual(total);
        expect(size * 100).toBeGreaterThanOrEqual(total * weight);
      }),
    );
  });
});

describe('handoverSize', () => {
  it.each([
    [10, 3, 1, 3],
    [10, 3, 5, 5],
    [10, 0, 1, 1],
    [2, 5, 1, 2],
    [1, 1, 1, 1],
  ])('of %i pods with surge %i from %i is %i', (total, surge, current, size) => {
    expect(handoverSize(total, surge, current)).toBe(size);
  });
});

describe('resolveSurge', () => {
  it.each([
    [3, 10, 3],
    [0, 10, 0],
    ['25%', 10, 3],
    ['30%', 10, 3],
    ['100%', 10, 10],
    ['0%', 10, 0],
    ['25%', 1, 1],
    [undefined, 10, 3],
    [null, 4, 1],
  ])('%s of %i is %i', (surge, total, pods) => {
    expect(resolveSurge(surge, total)).toBe(pods);
  });
});

describe('resolveUnavailable', () => {
  it.each([
    [3, 10, 1, 3],
    [0, 10, 1, 0],
    [0, 10, 0, 1],
    ['25%', 10, 1, 2],
    ['25%', 3, 1, 0],
    ['25%', 3, 0, 1],
    [5, 3, 1, 3],
    [undefined, 4, 1, 1],
  ])('%s of %i, with a surge of %i, is %i', (unavailable, total, surge, pods) => {
    expect(resolveUnavailable(unavailable, total, surge)).toBe(pods);
  });
});
