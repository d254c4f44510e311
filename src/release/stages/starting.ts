import type { StageOf } from '../../api/release/places.ts';
import { measured } from '../baseline.ts';
import { checked } from '../checks.ts';
import { stableCounted } from '../stable-counts.ts';
import { gateBefore, stepWeight } from '../strategy/steps.ts';
import { canaryPods, loaded } from './canary-pods.ts';
import { gated, isByPods, type Progress, proceed, roomy, routed, type StageProgress } from './progress.ts';

const NO_ROUTES = proceed('RoutesReady', 'all ready pods share the traffic: there are no routes to write');

const preparing: StageProgress = (observation, status) =>
  isByPods(observation)
    ? NO_ROUTES
    : routed(observation, status, () =>
        proceed('SubsetsReady', 'every proxy has the subsets of both versions'),
      );

const routing: StageProgress = (observation, status) =>
  isByPods(observation)
    ? roomy(observation, () => NO_ROUTES)
    : routed(observation, status, () =>
        // Two releases that left Pending at the same moment meet here, before either has pods.
        roomy(observation, () => proceed('RoutesReady', 'all traffic goes to the stable subset')),
      );

const loading: StageProgress = (observation, status) =>
  loaded(observation, status, () =>
    checked(observation, status, () => {
      const done = proceed('CanaryReady', `${canaryPods(status.replicas)} available`);
      // Pods that divide the traffic already have it: the gate was before them.
      if (isByPods(observation)) return done;
      const first = gateBefore(observation.release.spec.policy, status, 0) ?? 'start';
      const then = (): Progress => measured(observation, status, () => done);
      const isWhole = stepWeight(observation.release.spec.policy, status, 0) === 100;
      return gated(observation, status, first, () =>
        isWhole ? stableCounted(observation, status, then) : then(),
      );
    }),
  );

/** The progress of a start. */
export const starting: Readonly<Record<StageOf<'Starting'>, StageProgress>> = {
  Preparing: preparing,
  Routing: routing,
  Loading: loading,
};
