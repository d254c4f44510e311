import { describe, expect, it } from 'vitest';
import { learnt } from './past.ts';
import type { World } from './world.ts';

const PLAIN: World = { name: 'plain', truth: 'same', kind: 'errors', rps: 300, stable: 0.01, canary: 0.01 };
const SEEDS = [1, 2, 3, 4, 5];

describe('learnt', () => {
  it.each<{
    name: string;
    world: Partial<World>;
    variation: readonly [number, number];
    lasts: readonly [number, number];
  }>([
    { name: 'independent requests', world: {}, variation: [0, 0.06], lasts: [0, 120] },
    {
      name: 'noise drawn again',
      world: { noise: { cv: 0.5, correlation: 0 } },
      variation: [0.42, 0.65],
      lasts: [0, 30],
    },
    {
      name: 'noise of two minutes',
      world: { noise: { cv: 0.5, correlation: 0.8 } },
      variation: [0.42, 0.65],
      lasts: [75, 260],
    },
    {
      name: 'noise of five minutes',
      world: { noise: { cv: 1, correlation: 0.9 } },
      variation: [0.8, 1.4],
      lasts: [120, 420],
    },
    {
      name: 'an outage of a week',
      world: { outage: { seconds: 180, extra: 0.3 } },
      variation: [0, 0.06],
      lasts: [0, 120],
    },
    {
      name: 'a version that often fails',
      world: { spikes: { extra: 0.1, chance: 0.05 } },
      variation: [1, 2],
      lasts: [0, 60],
    },
    {
      name: 'slow requests',
      world: { kind: 'latency', stable: 1, canary: 1, noise: { cv: 0.5, correlation: 0.8 } },
      variation: [0.42, 0.65],
      lasts: [75, 260],
    },
  ])('knows how a service varies: $name', ({ world, variation, lasts }) => {
    for (const seed of SEEDS) {
      const found = learnt({ ...PLAIN, ...world }, seed);
      expect(found.variation).toBeGreaterThanOrEqual(variation[0]);
      expect(found.variation).toBeLessThanOrEqual(variation[1]);
      expect(found.lasts).toBeGreaterThanOrEqual(lasts[0]);
      expect(found.lasts).toBeLessThanOrEqual(lasts[1]);
    }
  });

  it.each([0, 0.3, 0.7])('knows how much pods differ: %s', (cv) => {
    const found = SEEDS.map(
      (seed) => learnt({ ...PLAIN, pods: { canary: 1, stable: 12, cv } }, seed).pods ?? -1,
    );
    const mean = found.reduce((a, b) => a + b, 0) / found.length;
    expect(Math.abs(mean - cv)).toBeLessThan(0.12);
  });

  it.each([60, 120, 300])('knows how long pods are cold: %s s', (seconds) => {
    for (const seed of SEEDS) {
      const { coldStart = -1 } = learnt({ ...PLAIN, cold: { extra: 0.04, seconds } }, seed);
      expect(coldStart).toBeGreaterThanOrEqual(seconds * 0.5);
      expect(coldStart).toBeLessThanOrEqual(seconds);
    }
  });

  it('knows no cold start where no pod started, and none where pods start warm', () => {
    expect(learnt(PLAIN, 1).coldStart).toBeUndefined();
    expect(learnt({ ...PLAIN, cold: { extra: 0, seconds: 60 } }, 1).coldStart).toBe(0);
  });

  it('keeps to the base rate where too few requests failed to know more', () => {
    expect(learnt({ ...PLAIN, rps: 0.1 }, 1)).toEqual({
      metric: 'errors',
      days: 7,
      base: expect.closeTo(0.01, 1),
    });
  });
});
