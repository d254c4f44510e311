import { array, boolean, constantFrom, integer, oneof, record } from 'fast-check';
import { type HappeningName, NAMES } from './happenings.ts';
import type { Plan } from './play.ts';

/** What happens to routes, which a world without a mesh has not. */
const ROUTED: readonly HappeningName[] = [
  'editWeights',
  'renameRoute',
  'applyRoutes',
  'staleSplit',
  'relabelRule',
  'takeOverRule',
  'replaceRule',
  'hideSubsets',
  'callsPastSplit',
  'addVirtualService',
  'removeVirtualService',
  'addService',
  'addClientRule',
  'removeClientRule',
  'gitOpsFight',
  'routesRefused',
];

/** Worlds with everything that people and fate may do to them. */
const plansOf = (names: readonly HappeningName[]) =>
  record<Plan>({
    replicas: integer({ min: 1, max: 6 }),
    weights: constantFrom([10, 50], [10, 60], [50, 100]),
    strategy: constantFrom('steps', 'steps', 'blueGreen', 'abTest'),
    maxSurge: constantFrom(0, 1, 1, 3),
    maxUnavailable: constantFrom(0, 0, 1),
    onAbort: constantFrom('hold', 'revert'),
    onNewRevision: constantFrom('supersede', 'supersede', 'queue'),
    failures: constantFrom(0.001, 0.001, 0.001, 0.5),
    warmUp: boolean(),
    unreadable: constantFrom(0, 0, 0, 8),
    eager: boolean(),
    sticky: boolean(),
    byHost: boolean(),
    first: constantFrom([], [], ['match'], ['mirror'], ['match', 'mirror']),
    happenings: array(
      oneof(
        record({
          what: constantFrom(...names),
          at: integer({ min: 0, max: 50 }),
          inPass: constantFrom(false),
        }),
        record({
          what: constantFrom(...names),
          at: integer({ min: 0, max: 40 }),
          inPass: constantFrom(true),
        }),
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

/** Worlds with a mesh. */
export const plans = plansOf(NAMES);

/** Worlds in which a plain Service spreads the requests over all ready pods. */
export const plainPlans = plansOf(NAMES.filter((name) => !ROUTED.includes(name))).map(
  (plan): Plan => ({
    ...plan,
    plain: 'service',
    strategy: 'steps',
    warmUp: false,
    sticky: false,
    first: [],
  }),
);

/** Worlds in which the Deployment updates itself, with as many pods more as that takes. */
export const updatePlans = plainPlans.map(
  (plan): Plan => ({ ...plan, plain: 'update', maxSurge: Math.max(1, plan.maxSurge) }),
);
