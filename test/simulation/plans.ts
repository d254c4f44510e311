import { array, boolean, constantFrom, integer, oneof, record } from 'fast-check';
import { NAMES } from './happenings.ts';
import type { Plan } from './play.ts';

/** Worlds with everything that people and fate may do to them. */
export const plans = record<Plan>({
  replicas: integer({ min: 1, max: 6 }),
  weights: constantFrom([10, 50], [10, 50], [50, 100]),
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
