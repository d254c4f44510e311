import { QUICK } from '../../hack/testbed/model.ts';
import type { Place } from '../../src/api/release/places.ts';
import type { Scenario } from './fault.ts';

/** A way of releasing other than by weights of routes. */
export const STRATEGIES = ['service', 'rollingUpdate'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** The policy of a case: as annotations, and as fields of a Rollout's spec beyond the quick one. */
export interface CasePolicy {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: object;
}

const { 'sluice.dev/steps': _steps, ...WITHOUT_STEPS } = QUICK;

/** The quick policy of a strategy. */
export const POLICIES: Readonly<Record<Strategy, CasePolicy>> = {
  service: {
    annotations: { ...QUICK, 'sluice.dev/router': 'service' },
    spec: { traffic: { service: {} } },
  },
  rollingUpdate: {
    annotations: { ...WITHOUT_STEPS, 'sluice.dev/rolling-update': 'true' },
    spec: { traffic: undefined, steps: undefined, rollingUpdate: {} },
  },
};

/** Faults that may meet any release; those of routes and meshes have nothing to break here. */
export const COMMON_FAULTS: readonly string[] = [
  'twins',
  'kill',
  'deaf',
  'api-some-fail',
  'watch-stale',
  'metrics-down',
  'canary-unready',
  'canary-crash',
  'stable-unready',
  'abort',
  'release-deleted',
  'rollout-deleted',
];

/** One of so many writes of the controller is met. */
export const EVERY_WRITE = 3;

/** The stages in which such a release stays long enough to be met. */
export const PLACES_BY_PODS: Readonly<Record<Scenario, readonly Place[]>> = {
  good: ['Pending', 'Starting.Loading', 'Stepping.Analysing', 'Promoting.Updating'],
  bad: ['Stepping.Analysing', 'Aborting.Removing'],
};
