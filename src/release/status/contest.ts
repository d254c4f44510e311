import type { ReleaseStatus } from '../../api/release/release.ts';
import { isWithdrawn, routeGoal, routeStateOf } from '../desired.ts';
import type { DecisionContext, Observation } from '../observed.ts';
import type { Progress } from '../stages/progress.ts';

/** Maximum pause before contested routes are written again, milliseconds. */
const [AT_STAKE_MS, IN_USE_MS, IDLE_MS] = [1_000, 5_000, 30_000];

/**
 * The longest pause: short if the canary must get nothing but gets part of the requests to all pods, or if its requests
 * fail since it has no pods. An abort waits for the routes, with pods or without.
 */
export function longestPause(seen: DecisionContext, status: ReleaseStatus): number {
  const goal = routeGoal(status);
  if ((seen.canary?.pods ?? 0) === 0) {
    const state = routeStateOf(seen, status);
    if (state?.kind === 'differs' && state.toCanary === true) return AT_STAKE_MS;
    return status.phase === 'Aborting' ? IN_USE_MS : IDLE_MS;
  }
  return goal !== null && isWithdrawn(goal) ? AT_STAKE_MS : IN_USE_MS;
}

/** Whether the weights are not in force: counts in that time say nothing about a weight. */
export function isContested({ contest }: Observation): boolean {
  return contest !== undefined;
}

/** A wait, with the contest as its reason. */
export function contested(seen: Observation, status: ReleaseStatus, waiting: Progress): Progress {
  const { contest } = seen;
  if (contest === undefined || waiting.kind !== 'wait' || routeGoal(status) === null) return waiting;
  const { kind, name, field, by } = contest.written;
  const who = by === undefined ? 'somebody' : `field manager "${by}"`;
  const message = `${who} has changed the routes of ${kind} ${name} back ${contest.times} times: let it leave ${field} alone (manifests/docs/gitops.md); until then the weights do not hold, and no window is counted`;
  const until = Math.min(waiting.until ?? contest.quietAt, contest.quietAt);
  return { ...waiting, reason: 'RoutesContested', message, until };
}
