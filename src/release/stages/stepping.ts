import type { StageOf } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { matchesText } from '../../api/rollout/match.ts';
import { durationMs } from '../../api/values/duration.ts';
import type { Observation } from '../observed.ts';
import { stepWeight } from '../strategy/steps.ts';
import { analysing } from './analysing.ts';
import { availability, canaryPods, loaded } from './canary-pods.ts';
import {
  event,
  PAUSED,
  type Progress,
  proceed,
  routed,
  type StageProgress,
  settledAt,
  wait,
} from './progress.ts';

function recovering(observation: Observation, status: ReleaseStatus): Progress {
  if ((observation.canary?.ready ?? 0) > 0)
    return event('recovered', 'CanaryRecovered', 'a canary pod is ready again');
  const { unhealthyGrace, deadlines } = observation.release.spec.policy;
  const since = Date.parse(status.unhealthySince ?? '') || observation.now;
  if (status.replacing === true) {
    const text = `the canary pods are gone, and others load in their place, without traffic (rolled back after deadlines.start ${deadlines.start}): ${availability(observation, status)}`;
    return wait('CanaryReplaced', text, since + durationMs(deadlines.start));
  }
  const message = `no canary pod is ready; it has no traffic (rolled back after ${unhealthyGrace})`;
  return wait('CanaryUnhealthy', message, since + durationMs(unhealthyGrace));
}

/** Available pods get the weight of the step; with `canary.connect`, a small weight first if they have no traffic. */
function scaled({ release }: Observation, status: ReleaseStatus): Progress {
  const { paused, policy } = release.spec;
  const { connect } = policy.canary;
  if (paused === true) return PAUSED;
  const there = `${canaryPods(status.replicas)} available`;
  const hasWeight = stepWeight(policy, status, status.step) !== 0;
  if (connect === undefined || status.weight > 0 || !hasWeight) return proceed('CanaryReady', there);
  const first = `first ${connect.weight} % of the traffic for ${connect.for} (canary.connect)`;
  return event('connect', 'CanaryReady', `${there}; ${first}`);
}

/** Nothing is judged: only time passes. */
function connecting(observation: Observation, status: ReleaseStatus): Progress {
  const { policy, paused } = observation.release.spec;
  if (paused === true) return PAUSED;
  return routed(observation, status, () => {
    const span = policy.canary.connect?.for ?? '0s';
    const until = (settledAt(observation, status) ?? observation.now) + durationMs(span);
    const message = `the canary has ${status.weight} % of the traffic for ${span}, so that connections are opened (canary.connect)`;
    return observation.now < until
      ? wait('Connecting', message, until)
      : proceed('Connected', `the canary has had ${status.weight} % of the traffic for ${span}`);
  });
}

/** What the canary gets now, for people. */
function shareText({ weight, match, mirror }: ReleaseStatus): string {
  if (mirror !== undefined)
    return `the canary gets a copy of ${mirror} % of the requests; its answers reach nobody`;
  const chosen = match === undefined ? '' : `the requests chosen by ${matchesText(match)}`;
  if (weight === 0) return `the canary gets ${chosen}; stable gets all others`;
  return `the canary gets ${weight} % of the traffic${chosen === '' ? '' : ` beside ${chosen}`}`;
}

const shifting: StageProgress = (_observation, status) =>
  // The analysis itself waits until the routes are in force, so no separate status is needed.
  proceed('WeightRaised', shareText(status));

/** `then`, while the canary has a pod that can serve. */
const whileReady =
  (then: StageProgress): StageProgress =>
  (observation, status) =>
    (observation.canary?.ready ?? 0) === 0
      ? event('unhealthy', 'CanaryUnhealthy', 'no canary pod is ready')
      : then(observation, status);

/** The progress of a step. */
export const stepping: Readonly<Record<StageOf<'Stepping'>, StageProgress>> = {
  Scaling: whileReady((observation, status) =>
    loaded(observation, status, () => scaled(observation, status)),
  ),
  Connecting: whileReady(connecting),
  Shifting: whileReady(shifting),
  Analysing: whileReady(analysing),
  Recovering: recovering,
};
