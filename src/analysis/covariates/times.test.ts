import { assert, constantFrom, double, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Covariate } from '../../api/analysis/covariate.ts';
import type { RatioPair } from '../../api/release/analysis-state.ts';
import type { Recent } from './recent.ts';
import { swapped, timesOf } from './times.ts';

const HITS: Covariate = { name: 'hits', sum: 'h', per: 'q', slowerWith: 'less' };
const LENGTH: Covariate = { name: 'length', sum: 't' };
const FLIGHT: Covariate = { name: 'flight', gauge: 'g' };
const ALL = [HITS, LENGTH, FLIGHT];

const pair = (canary: number, stable: number): RatioPair => ({
  canary: { sum: canary, per: 1 },
  stable: { sum: stable, per: 1 },
});

type Pairs = Partial<
  Record<'hits' | 'length' | 'flight' | 'load', readonly [canary: number, stable: number]>
>;

function recent({ load = [10, 10], ...figures }: Pairs): Recent {
  return {
    load: pair(...load),
    figures: Object.entries(figures).map(([name, both]) => ({ name, ...pair(...both) })),
  };
}

describe('how many times as long a canary may take by its work', () => {
  it.each<[what: string, Pairs, number]>([
    ['the same', { hits: [0.7, 0.7], length: [800, 800], flight: [4, 4] }, 1],
    ['differences within chance', { length: [830, 800] }, 1],
    ['longer prompts', { length: [1_600, 800] }, 2],
    ['shorter prompts explain nothing', { length: [400, 800] }, 1],
    ['fewer cache hits: what is left is the work', { hits: [0.2, 0.7] }, 0.8 / 0.3],
    ['no cache hits beside nothing but hits', { hits: [0, 1] }, 20],
    ['fewer hits of longer prompts', { hits: [0.4, 0.7], length: [1_600, 800] }, 4],
    ['shorter prompts do not make up for fewer hits', { hits: [0.4, 0.7], length: [400, 800] }, 2],
    ['nothing is known', {}, 1],
    ['only one version has any', { length: [5, 0] }, 20],
    ['more in flight at the same load: the version itself is slower', { flight: [12, 4] }, 1],
    ['… at a load within chance', { flight: [12, 4], load: [11, 10] }, 1],
    ['more in flight at twice the load', { flight: [12, 4], load: [20, 10] }, 3],
    ['… at most the square of the load', { flight: [40, 4], load: [20, 10] }, 4],
    ['… at least the load', { flight: [4, 4], load: [20, 10] }, 2],
    ['more load alone, of which nothing says what it does', { load: [20, 10] }, 1],
    ['less load', { flight: [2, 4], load: [5, 10] }, 1],
  ])('%s', (_what, pairs, times) => {
    expect(timesOf(ALL, recent(pairs))).toBeCloseTo(times, 9);
  });

  const share = double({ min: 0, max: 1, noNaN: true });
  const amount = double({ min: 0, max: 1e6, noNaN: true });
  const some = record({
    h1: share,
    h2: share,
    l1: amount,
    l2: amount,
    f1: amount,
    f2: amount,
    r1: amount,
    r2: amount,
  });

  it('is never less than once, finite, and 1 for one version at least of a single figure', () => {
    assert(
      property(some, constantFrom(...ALL), ({ h1, h2, l1, l2, f1, f2, r1, r2 }, one) => {
        const all = recent({ hits: [h1, h2], length: [l1, l2], flight: [f1, f2], load: [r1, r2] });
        for (const covariates of [ALL, [one]]) {
          const both = [timesOf(covariates, all), timesOf(covariates, swapped(all))];
          for (const times of both) {
            expect(times).toBeGreaterThanOrEqual(1);
            expect(times).toBeLessThanOrEqual(20 ** covariates.length);
          }
          expect(covariates.length > 1 || Math.min(...both) === 1).toBe(true);
        }
      }),
    );
  });
});
