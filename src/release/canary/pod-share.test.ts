import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { podsForShare, shareOfPods } from './pod-share.ts';

describe('a share of pods', () => {
  it.each([
    [10, 3, 9, 1],
    [25, 3, 9, 1],
    [50, 3, 9, 3],
    [50, 3, 2, 2],
    [10, 10, 9, 1],
    [25, 10, 9, 3],
    [100, 10, 4, 4],
    [50, 0, 4, 1],
    [1, 1_000, 50, 10],
  ])('%i %% beside %i pods, at most %i, are %i', (weight, stable, most, pods) => {
    expect(podsForShare(weight, stable, most)).toBe(pods);
  });

  it.each([
    [0, 3, 0],
    [0, 0, 0],
    [1, 3, 25],
    [2, 0, 100],
    [1, 1_000, 1],
    [1_000, 1, 99],
  ])('%i canary pods beside %i are %i %%', (canary, stable, share) => {
    expect(shareOfPods(canary, stable)).toBe(share);
  });

  const percent = integer({ min: 1, max: 100 });
  const count = integer({ min: 1, max: 200 });

  it('comes to the same pods again, where a percent is less than a pod', () => {
    const few = integer({ min: 1, max: 10 });
    assert(
      property(few, few, few, (pods, stable, most) => {
        const there = Math.min(pods, most);
        expect(podsForShare(shareOfPods(there, stable), stable, most)).toBe(there);
      }),
    );
  });

  it('is the nearest that can be and grows with the weight', () => {
    assert(
      property(percent, count, count, (weight, stable, most) => {
        const pods = podsForShare(weight, stable, most);
        const off = (one: number): number => Math.abs((100 * one) / (one + stable) - weight);
        const all = Array.from({ length: most }, (_, index) => index + 1);
        expect(off(pods)).toBeLessThanOrEqual(Math.min(...all.map(off)) + 1e-9);
        expect(podsForShare(Math.min(100, weight + 1), stable, most)).toBeGreaterThanOrEqual(pods);
      }),
    );
  });
});
