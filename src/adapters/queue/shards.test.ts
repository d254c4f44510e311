import { array, assert, property, string, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_SHARES, shareOf, sharesOf } from './shards.ts';

const names = uniqueArray(string({ minLength: 1 }), { minLength: 1, maxLength: 12 });

describe('the shares of a queue', () => {
  it('are each one replica’s, whoever looks, and nearly as many for each', () => {
    assert(
      property(names, (members) => {
        const all = members.map((me) => [...sharesOf(members, me)]);
        expect(all.flat().toSorted((a, b) => a - b)).toEqual(ALL_SHARES);
        const sizes = all.map((one) => one.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('do not depend on the order in which the replicas are named, nor on how often', () => {
    const shares = sharesOf(['b', 'a', 'c'], 'b');
    expect(sharesOf(['c', 'b', 'a', 'b'], 'b')).toEqual(shares);
  });

  it('are all of the only replica', () => {
    expect([...sharesOf(['a'], 'a')]).toEqual(ALL_SHARES);
  });

  it('have every key in one of them', () => {
    assert(
      property(array(string()), (keys) => {
        for (const key of keys) expect(ALL_SHARES).toContain(shareOf(key));
      }),
    );
    const keys = Array.from({ length: 60 }, (_, index) => `rollout/shop/model-${index}`);
    expect(new Set(keys.map(shareOf)).size).toBe(ALL_SHARES.length);
  });
});
