import { array, assert, asyncProperty, boolean, constantFrom, integer, oneof, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NAMES } from './happenings.ts';
import { type Plan, play } from './play.ts';

/** `WORLD_RUNS=2000 npm run unit -- sequences` looks longer. */
const RUNS = Number(process.env['WORLD_RUNS'] ?? 40);

const plans = record<Plan>({
  replicas: integer({ min: 1, max: 6 }),
  maxSurge: constantFrom(0, 1, 1, 3),
  maxUnavailable: constantFrom(0, 0, 1),
  onAbort: constantFrom('hold', 'revert'),
  onNewRevision: constantFrom('supersede', 'supersede', 'queue'),
  failures: constantFrom(0.001, 0.001, 0.001, 0.5),
  warmUp: boolean(),
  unreadable: constantFrom(0, 0, 0, 8),
  eager: boolean(),
  happenings: array(
    oneof(
      record({ what: constantFrom(...NAMES), at: integer({ min: 0, max: 50 }), inPass: constantFrom(false) }),
      record({ what: constantFrom(...NAMES), at: integer({ min: 0, max: 40 }), inPass: constantFrom(true) }),
    ),
    { minLength: 1, maxLength: 5 },
  ),
  fates: array(
    record({
      fate: constantFrom('crashBefore', 'crashAfter', 'conflict', 'lost'),
      at: integer({ min: 0, max: 45 }),
    }),
    { maxLength: 4 },
  ),
});

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
