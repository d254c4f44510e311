import type { StageOf } from '../../api/release/places.ts';
import { measured } from '../baseline.ts';
import { checked } from '../checks.ts';
import { stepWeight } from '../strategy/steps.ts';
import { canaryPods, loaded } from './canary-pods.ts';
import { gated, proceed, roomy, routed, type StageProgress } from './progress.ts';

const preparing: StageProgress = (observation, status) =>
  routed(observation, status, () => proceed('SubsetsReady', 'every proxy has the subsets of both versions'));

const routing: StageProgress = (observation, status) =>
  routed(observation, status, () =>
    // Two releases that left Pending at the same moment meet here, before either has pods.
    roomy(observation, () => proceed('RoutesReady', 'all traffic goes to the stable subset')),
  );

const loading: StageProgress = (observation, status) => {
  const first = stepWeight(observation.release.spec.policy, status, 0);
  return loaded(observation, status, () =>
    checked(observation, status, () =>
      gated(observation, status, String(first), () =>
        measured(observation, status, () =>
          proceed('CanaryReady', `${canaryPods(status.replicas)} available`),
        ),
      ),
    ),
  );
};

/** The progress of a start. */
export const starting: Readonly<Record<StageOf<'Starting'>, StageProgress>> = {
  Preparing: preparing,
  Routing: routing,
  Loading: loading,
};
