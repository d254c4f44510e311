import { assert, asyncProperty } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plans } from './plans.ts';
import { play } from './play.ts';
import { runsOf } from './runs.ts';

/** `WORLD_RUNS=2000 npm run unit -- sequences` looks longer. */
const RUNS = runsOf(40);

describe('any sequence of happenings and faults', () => {
  it(
    'keeps traffic safe, ends, and leaves nothing behind',
    async () => {
      await assert(
        asyncProperty(plans, async (plan) => {
          expect(await play(plan)).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    },
    RUNS * 3_000,
  );
});
