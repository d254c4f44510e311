import { assert, asyncProperty } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainPlans, plans, updatePlans } from './plans.ts';
import { play } from './play.ts';
import { runsOf } from './runs.ts';

/** `WORLD_RUNS=2000 npm run unit -- sequences` looks longer. */
const RUNS = runsOf(40);

describe('any sequence of happenings and faults', () => {
  it.each([
    ['in a mesh', plans, RUNS],
    ['behind a plain Service', plainPlans, RUNS],
    ['in a guarded rolling update', updatePlans, RUNS],
  ])(
    '%s keeps traffic safe, ends, and leaves nothing behind',
    async (_where, worlds, numRuns) => {
      await assert(
        asyncProperty(worlds, async (plan) => {
          expect(await play(plan)).toEqual([]);
        }),
        { numRuns },
      );
    },
    RUNS * 3_000,
  );
});
