import type { ReleaseStatus } from '../../api/release/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import { routeStateOf } from '../desired.ts';
import type { DecisionContext } from '../observed.ts';
import { reasonInfo } from '../reasons/catalogue.ts';
import type { Progress } from '../stages/progress.ts';

/** How long a data plane may take without a word of it. */
const PATIENCE_MS = 10_000;

/** What the data plane has not taken of the routes that are written; null if it has all, or they differ. */
export function untakenRoutes(observation: DecisionContext, status: ReleaseStatus): string | null {
  const state = routeStateOf(observation, status);
  return state?.kind === 'asDesired' ? (state.untaken ?? null) : null;
}

/**
 * Until when an abort waits for a data plane to take the routes, epoch milliseconds: it must not wait for ever for a
 * controller that is gone for good. Undefined where that has passed, or there is nothing to wait for.
 */
export function untakenUntil(observation: DecisionContext, status: ReleaseStatus): number | undefined {
  if (untakenRoutes(observation, status) === null) return undefined;
  const { now, release } = observation;
  const since = Date.parse(status.stageStartedAt ?? '') || now;
  const until = since + durationMs(release.spec.policy.deadlines.drain);
  return now < until ? until : undefined;
}

/**
 * A wait, with routes that the data plane has not taken as its reason: every change takes a moment, and nobody needs to
 * hear of that.
 */
export function untaken(observation: DecisionContext, status: ReleaseStatus, waiting: Progress): Progress {
  if (waiting.kind !== 'wait' || reasonInfo(waiting.reason).kind !== 'ordinary') return waiting;
  const what = untakenRoutes(observation, status);
  if (what === null) return waiting;
  const { now } = observation;
  const lateAt = (Date.parse(status.stageStartedAt ?? '') || now) + PATIENCE_MS;
  if (now < lateAt) return { ...waiting, until: Math.min(waiting.until ?? lateAt, lateAt) };
  const message = `the routes are written, and not in force yet: ${what}`;
  return { ...waiting, reason: 'RoutesNotTaken', message };
}
