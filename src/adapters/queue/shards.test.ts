import { array, assert, property, string, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_SHARDS, shardOf, shardsOf } from './shards.ts';

const names = uniqueArray(string({ minLength: 1 }), { minLength: 1, maxLength: 12 });

describe('the shards of a queue', () => {
  it('each belong to one replica for every observer, and are spread evenly', () => {
    assert(
      property(names, (members) => {
        const all = members.map((me) => [...shardsOf(members, me)]);
        expect(all.flat().toSorted((a, b) => a - b)).toEqual(ALL_SHARDS);
        const sizes = all.map((one) => one.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('do not depend on the order in which the replicas are named, nor on how often', () => {
    const shards = shardsOf(['b', 'a', 'c'], 'b');
    expect(shardsOf(['c', 'b', 'a', 'b'], 'b')).toEqual(shards);
  });

  it('are all of the only replica', () => {
    expect([...shardsOf(['a'], 'a')]).toEqual(ALL_SHARDS);
  });

  it('have every key in one of them', () => {
    assert(
      property(array(string()), (keys) => {
        for (const key of keys) expect(ALL_SHARDS).toContain(shardOf(key));
      }),
    );
    const keys = Array.from({ length: 60 }, (_, index) => `rollout/shop/model-${index}`);
    expect(new Set(keys.map(shardOf)).size).toBe(ALL_SHARDS.length);
  });
});
