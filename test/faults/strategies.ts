import type { Headers } from '../../hack/testbed/evidence/headers.ts';
import { QUICK, quickAnalysis } from '../../hack/testbed/model.ts';
import type { Place } from '../../src/api/release/places.ts';
import type { Fault, Scenario } from './fault.ts';

/** A way of releasing other than by weights of routes. */
export const STRATEGIES = ['service', 'rollingUpdate', 'blueGreen', 'abTest', 'match', 'mirror'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** The policy of a case. */
export interface CasePolicy {
  /** As annotations of the Deployment; null where there are none for it. */
  readonly annotations: Readonly<Record<string, string>> | null;
  /** As fields of a Rollout's spec, beyond the quick one. */
  readonly spec: object;
  /** Percents that the routes may give to the canary of everybody's requests, beside nothing. */
  readonly weights: readonly number[];
  /** Headers of callers beside everybody. */
  readonly joined?: Headers;
}

const { 'sluice.dev/steps': _steps, ...WITHOUT_STEPS } = QUICK;
const TESTERS: Headers = { 'x-tester': 'yes' };

/** The quick policy by weights. */
export const BY_WEIGHTS: CasePolicy = { annotations: QUICK, spec: {}, weights: [25, 50] };

/** The quick policy of a strategy. */
export const POLICIES: Readonly<Record<Strategy, CasePolicy>> = {
  service: {
    annotations: { ...QUICK, 'sluice.dev/router': 'service' },
    spec: { traffic: { service: {} } },
    weights: [],
  },
  rollingUpdate: {
    annotations: { ...WITHOUT_STEPS, 'sluice.dev/rolling-update': 'true' },
    spec: { traffic: undefined, steps: undefined, rollingUpdate: {} },
    weights: [],
  },
  blueGreen: {
    annotations: {
      ...WITHOUT_STEPS,
      'sluice.dev/steps': 'blue-green',
      'sluice.dev/scale-down-delay': '4s',
    },
    spec: { steps: undefined, blueGreen: { scaleDownDelay: '4s' } },
    weights: [100],
  },
  // Two versions that are alike: nobody wins, and the new one is taken all the same.
  abTest: {
    annotations: null,
    spec: {
      steps: undefined,
      abTest: { weight: 50, for: '6s' },
      analysis: { ...quickAnalysis(), onInconclusive: 'promote' },
    },
    weights: [50],
  },
  match: {
    annotations: null,
    spec: { steps: [{ match: [{ headers: { 'x-tester': { exact: 'yes' } } }] }, { weight: 25 }] },
    weights: [25],
    joined: TESTERS,
  },
  mirror: {
    annotations: null,
    // Another percentage than that of the copies, so that answers of those would show.
    spec: { steps: [{ mirror: 50 }, { weight: 25 }] },
    weights: [25],
  },
};

/** Faults that may meet any release. */
const COMMON_FAULTS: readonly string[] = [
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

/** Those that need routes. */
const ROUTE_FAULTS: readonly string[] = [
  'rule-relabelled',
  'old-routes',
  'other-route',
  'routes-changed-unseen',
  'istiod-webhook-untrusted',
];

/** One of so many writes of the controller is met. */
export const EVERY_WRITE = 3;

type Places = Readonly<Record<Scenario, readonly Place[]>>;

/** The stages in which such a release stays long enough to be met. */
const PLACES_BY_PODS: Places = {
  good: ['Pending', 'Starting.Loading', 'Stepping.Analysing', 'Promoting.Updating'],
  bad: ['Stepping.Analysing', 'Aborting.Removing'],
};
const PLACES_BY_ROUTES: Places = { ...PLACES_BY_PODS, bad: [...PLACES_BY_PODS.bad, 'Aborting.Draining'] };

const isByPods = (strategy: Strategy): boolean => POLICIES[strategy].weights.length === 0;

/** The places of a strategy that are met. */
export const placesOf = (strategy: Strategy): Places =>
  isByPods(strategy) ? PLACES_BY_PODS : PLACES_BY_ROUTES;

/** Whether a fault has something to break in a strategy. */
export function isMetBy(strategy: Strategy, { name }: Fault): boolean {
  return COMMON_FAULTS.includes(name) || (!isByPods(strategy) && ROUTE_FAULTS.includes(name));
}
